//! The OpenAPI document of all areas, out of their handlers: what every operation has in common is added here once.
//!
//! # Promises
//! - Each operation has an id of its own, and says how a refusal looks.

use super::refusal::Refused;
use crate::platform::assess::term::Part;
use utoipa::{
    ToSchema,
    openapi::{
        Components, Content, Info, OpenApi, Ref, RefOr, Response,
        path::{Operation, PathItem},
        security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme},
    },
};

/// Statuses with which any operation may refuse.
const REFUSALS: [(&str, &str); 13] = [
    ("400", "The question or the body is not understood"),
    ("401", "Nobody is signed in"),
    ("403", "Not with this role, or from a page of another origin"),
    ("404", "There is no such thing in what the asker may see"),
    ("405", "The address does not answer that method"),
    ("409", "It is in a state in which that can not be done"),
    ("408", "The body came too slowly"),
    ("411", "The body does not say its length"),
    ("413", "The body is too large"),
    ("414", "The address is too long"),
    ("415", "The body is of another kind"),
    ("429", "Too many tries: wait"),
    ("503", "The platform is busy"),
];

/// The document before any area is in it.
pub fn begun() -> OpenApi {
    let mut info = Info::new("Mujun", env!("CARGO_PKG_VERSION"));
    info.description = Some(
        "Per-mu efficiency and energy intensity of a region. Decimals are strings to the last digit, unknown is null, \
         times end in `_ms` and are milliseconds since 1970 UTC, texts are `{zh, en}`."
            .into(),
    );
    let mut openapi = OpenApi::new(info, utoipa::openapi::Paths::new());
    let mut components = Components::new();
    describe::<Refused>(&mut components);
    // a term holds parts that hold terms: what stops the macro there leaves them out
    describe::<Part>(&mut components);
    let cookie = SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new("mujun-session")));
    let bearer = SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build());
    components.add_security_scheme("session", cookie);
    components.add_security_scheme("token", bearer);
    openapi.components = Some(components);
    // on the loopback address without users, nobody signs in
    openapi.security = Some(vec![
        SecurityRequirement::default(),
        SecurityRequirement::new("session", Vec::<String>::new()),
        SecurityRequirement::new("token", Vec::<String>::new()),
    ]);
    openapi
}

fn describe<T: ToSchema>(components: &mut Components) {
    let mut schemas = vec![(T::name().into_owned(), T::schema())];
    T::schemas(&mut schemas);
    components.schemas.extend(schemas);
}

/// The document as it is served.
pub fn finished(mut openapi: OpenApi) -> OpenApi {
    for (path, item) in &mut openapi.paths.paths {
        for (method, operation) in operations(item) {
            operation.operation_id = Some(id(method, path));
            operation.tags = Some(vec![tag(path)]);
            for (status, meaning) in REFUSALS {
                let refusal = || {
                    let content = Content::new(Some(Ref::from_schema_name(Refused::name())));
                    RefOr::T(Response::builder().description(meaning).content("application/json", content).build())
                };
                operation.responses.responses.entry(status.to_owned()).or_insert_with(refusal);
            }
        }
    }
    openapi
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = (&'static str, &mut Operation)> {
    let all = [
        ("get", item.get.as_mut()),
        ("post", item.post.as_mut()),
        ("put", item.put.as_mut()),
        ("delete", item.delete.as_mut()),
    ];
    all.into_iter().filter_map(|(method, operation)| operation.map(|operation| (method, operation)))
}

/// `get /api/v1/sites/{credit_code}` → `get_sites_credit_code`.
fn id(method: &str, path: &str) -> String {
    let path = path.strip_prefix("/api/v1").unwrap_or(path);
    let words = path.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    std::iter::once(method).chain(words).collect::<Vec<_>>().join("_")
}

/// The first word of the path behind the version.
fn tag(path: &str) -> String {
    let path = path.strip_prefix("/api/v1").unwrap_or(path);
    path.split('/').find(|word| !word.is_empty()).unwrap_or("platform").to_owned()
}
