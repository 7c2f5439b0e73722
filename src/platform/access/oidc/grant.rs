//! What an identity provider says of somebody → what they may see and do here. Pure.

use super::super::{Asker, Role};
use serde_json::Value;

/// Who has this claim gets this role in these regions.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Grant {
    /// The claim's name, such as `groups`; where it lies deeper, with dots: `realm_access.roles`.
    pub claim: String,
    /// What it is, or one of what it lists.
    pub value: String,
    pub role: Role,
    /// As in [`Asker`].
    pub regions: Vec<String>,
}

/// As what somebody comes in: the first grant that fits. `None`: none does.
pub fn asker(claims: &Value, name_claim: &str, grants: &[Grant]) -> Option<Asker> {
    let grant = grants.iter().find(|grant| fits(claims, grant))?;
    let name = at(claims, name_claim).or_else(|| at(claims, "sub"))?.as_str()?;
    // another kind of name than a local user's, so that the audit log tells them apart
    let name =
        format!("oidc:{}", name.chars().filter(|sign| !sign.is_control()).take(NAME_CHARS_MAX).collect::<String>());
    Some(Asker { name, role: grant.role, regions: grant.regions.clone() })
}

const NAME_CHARS_MAX: usize = 64;

fn fits(claims: &Value, grant: &Grant) -> bool {
    match at(claims, &grant.claim) {
        Some(Value::String(one)) => *one == grant.value,
        Some(Value::Array(all)) => all.iter().any(|one| one.as_str() == Some(&grant.value)),
        _ => false,
    }
}

/// The claim of that whole name, or down the dots.
fn at<'c>(claims: &'c Value, name: &str) -> Option<&'c Value> {
    claims.get(name).or_else(|| name.split('.').try_fold(claims, |inner, word| inner.get(word)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn grant(claim: &str, value: &str, role: Role, region: &str) -> Grant {
        Grant { claim: claim.into(), value: value.into(), role, regions: vec![region.into()] }
    }

    #[test]
    fn the_first_grant_that_fits_holds_and_without_one_nobody_comes_in() {
        let grants = [
            grant("realm_access.roles", "mujun-admin", Role::Administrator, ""),
            grant("groups", "county-331003", Role::Operator, "331003"),
            grant("org", "bureau", Role::Viewer, "33"),
        ];
        let found = |claims| asker(&claims, "preferred_username", &grants).map(|asker| (asker.name, asker.role));
        let named = |name: &str| format!("oidc:{name}");
        assert_eq!(
            found(json!({ "sub": "1", "preferred_username": "li", "groups": ["x", "county-331003"], "org": "bureau" })),
            Some((named("li"), Role::Operator))
        );
        assert_eq!(
            found(json!({ "sub": "1", "realm_access": { "roles": ["mujun-admin"] } })),
            Some((named("1"), Role::Administrator))
        );
        assert_eq!(found(json!({ "sub": "1", "org": "bureau" })), Some((named("1"), Role::Viewer)));
        for none in [
            json!({ "sub": "1" }),
            json!({ "sub": "1", "org": "bureau2" }),
            json!({ "org": "bureau" }),
            json!({ "sub": "1", "groups": [1, null] }),
            json!([]),
        ] {
            assert_eq!(found(none), None);
        }
    }
}
