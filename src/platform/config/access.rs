//! `[access]`: how browsers see the platform, and the identity provider.

use super::key::{
    ACCESS_SHAPE, CA_FILE, CLAIM, CLIENT_ID, CLIENT_SECRET_FILE, GRANT, GRANT_SHAPE, ISSUER, NAME_CLAIM, OIDC,
    OIDC_SHAPE, ORIGIN, REGIONS, ROLE, SCOPES, VALUE,
};
use crate::{
    platform::access::{
        Role,
        oidc::{Grant, OidcConfig},
        region,
    },
    runtime::{
        lang::Text,
        problem::found,
        settings::{self, Key, Section, such_as},
    },
};
use std::path::Path;

#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct AccessConfig {
    /// As browsers see the platform behind its relay, such as `https://mujun.example`.
    pub origin: Option<String>,
    pub oidc: Option<OidcConfig>,
}

pub(super) fn access(root: &Section, key: &Key, folder: &Path) -> AccessConfig {
    let Some(access) = root.table(key, &ACCESS_SHAPE) else { return AccessConfig::default() };
    let origin =
        access.parse(&ORIGIN, |text| if is_origin(text) { Ok(text.to_owned()) } else { Err(such_as(&ORIGIN)) });
    let oidc = access.table(&OIDC, &OIDC_SHAPE);
    if oidc.is_some() && !access.has(&ORIGIN) {
        access.missing(&ORIGIN);
    }
    AccessConfig { origin: origin.map(|origin| origin.value), oidc: oidc.and_then(|oidc| provider(&oidc, folder)) }
}

fn provider(oidc: &Section, folder: &Path) -> Option<OidcConfig> {
    let text = |key: &Key| {
        let found = oidc.parse(key, |text| if text.is_empty() { Err(such_as(key)) } else { Ok(text.to_owned()) });
        found.map(|found| found.value)
    };
    let file = |key: &Key| oidc.parse(key, settings::path).map(|path| folder.join(path.value));
    let issuer = oidc.parse(&ISSUER, |text| if is_issuer(text) { Ok(text.to_owned()) } else { Err(such_as(&ISSUER)) });
    let client_id = text(&CLIENT_ID);
    let scopes = match oidc.has(&SCOPES) {
        true => {
            oidc.parse_each(&SCOPES, |text| if text.is_empty() { Err(such_as(&SCOPES)) } else { Ok(text.to_owned()) })
        }
        false => Some(vec!["profile".to_owned()]),
    };
    let name_claim = if oidc.has(&NAME_CLAIM) { text(&NAME_CLAIM) } else { Some("preferred_username".to_owned()) };
    let (client_secret_file, ca_file) = (file(&CLIENT_SECRET_FILE), file(&CA_FILE));
    let grants: Vec<_> = oidc.tables(&GRANT, &GRANT_SHAPE).iter().map(grant).collect();
    Some(OidcConfig {
        issuer: issuer?.value,
        client_id: client_id?,
        client_secret_file,
        ca_file,
        scopes: scopes?,
        name_claim: name_claim?,
        grants: grants.into_iter().collect::<Option<_>>()?,
    })
}

fn grant(grant: &Section) -> Option<Grant> {
    let (claim, value) = (grant.string(&CLAIM), grant.string(&VALUE));
    let role = grant.one_of(&ROLE, &Role::ALL.map(|role| (role.name(), role)));
    let regions = grant.parse_each(&REGIONS, |text| region::beginning(text).ok_or_else(|| such_as(&REGIONS)));
    if regions.as_ref().is_some_and(Vec::is_empty) {
        grant.refuse(
            &REGIONS,
            found("[]"),
            Text::new("写上区划代码；全部写 \"*\"", "write the codes of regions, or \"*\" for all"),
        );
    }
    let (claim, value) = (claim?.value.to_owned(), value?.value.to_owned());
    Some(Grant { claim, value, role: role?.value, regions: regions? })
}

/// Scheme, host and perhaps a port, as browsers write an origin.
fn is_origin(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let plain = |sign: char| sign.is_ascii_lowercase() || sign.is_ascii_digit() || ".-:[]".contains(sign);
    rest.is_some_and(|rest| !rest.is_empty() && rest.chars().all(plain))
}

/// TLS, but for a provider on this machine.
fn is_issuer(text: &str) -> bool {
    let local = ["http://localhost", "http://127.0.0.1", "http://[::1]"];
    let local = local
        .iter()
        .filter_map(|start| text.strip_prefix(start))
        .any(|rest| rest.is_empty() || rest.starts_with([':', '/']));
    local || text.strip_prefix("https://").is_some_and(|rest| !rest.is_empty() && !rest.contains(['@', '?', '#', ' ']))
}
