//! What of the region the asker may see. The rest looks as if it were not there.

use super::{State, refusal::Refusal};
use crate::platform::{access::Asker, store::Page};
use std::collections::BTreeMap;

/// Pages without a row for the asker that are passed over for one answer: a list of another county's rows is read on,
/// not for ever.
const PAGES_MAX: usize = 50;

/// # Errors
/// "No such site" where it is not in the registry or not the asker's.
pub async fn site(state: &State, asker: &Asker, credit_code: &str) -> Result<(), Refusal> {
    let found = state.store.counties(vec![credit_code.to_owned()]).await?;
    let seen = found.values().any(|county| asker.sees(county));
    if seen { Ok(()) } else { Err(Refusal::no_such_site()) }
}

/// Those of the rows whose site the asker sees; `code_of` gives a row's credit code.
pub async fn rows<T>(
    state: &State,
    asker: &Asker,
    rows: Vec<T>,
    code_of: impl Fn(&T) -> &str,
) -> Result<Vec<T>, Refusal> {
    if asker.sees_everything() {
        return Ok(rows);
    }
    let mut codes: Vec<_> = rows.iter().map(|row| code_of(row).to_owned()).collect();
    codes.sort_unstable();
    codes.dedup();
    let counties: BTreeMap<String, String> = state.store.counties(codes).await?;
    let seen = |row: &T| counties.get(code_of(row)).is_some_and(|county| asker.sees(county));
    Ok(rows.into_iter().filter(seen).collect())
}

/// A page of which the asker sees something, or the last one. It may be shorter than was asked for.
pub async fn page<T, R>(
    state: &State,
    asker: &Asker,
    after: Option<i64>,
    code_of: impl Fn(&T) -> &str,
    read: impl Fn(Option<i64>) -> R,
) -> Result<Page<T>, Refusal>
where
    R: Future<Output = Result<Page<T>, crate::platform::store::StoreError>>,
{
    let mut after = after;
    for _ in 0..PAGES_MAX {
        let found = read(after).await?;
        let seen = rows(state, asker, found.rows, &code_of).await?;
        if !seen.is_empty() || found.next.is_none() {
            return Ok(Page { rows: seen, next: found.next });
        }
        after = found.next;
    }
    Ok(Page { rows: Vec::new(), next: after })
}
