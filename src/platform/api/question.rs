//! A request's path and query as what is asked. Nothing unknown is passed over.

use super::refusal::{Refusal, quoted};
use crate::{
    model::{Period, UtcMillis},
    platform::{
        assess::{Basis, Figure, RankingQuery, SiteAssessment},
        store::Listing,
    },
    runtime::lang::Lang,
};
use axum::{extract::Query, http::Uri};

/// The longest period whose quarter-hours are given out at once.
const INTERVALS_DAYS_MAX: i64 = 400;
const DAY_MS: i64 = 86_400_000;
/// Quarter-hours of each register that one explanation lists: about a month.
const EXPLAINED_MAX: usize = 3000;
/// Rows of one page of a list.
const LIMIT_MAX: usize = 200;
const LIMIT: usize = 50;
/// Bytes of a word that is compared, such as a user's name.
const SHORT_BYTES_MAX: usize = 256;
/// Bytes of a gateway's id; longer ones can not be registered at any stream.
const GATEWAY_BYTES_MAX: usize = 128;

/// Rows of one page of a sorted list.
const PLACES_MAX: usize = 500;
const PLACES: usize = 100;
/// Signs of a name that is looked for.
const SEARCH_SIGNS_MAX: usize = 64;

/// A page of a sorted list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Places {
    pub offset: usize,
    pub limit: usize,
}

/// Sites of a region whose name or code has something in it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Among {
    region: Option<String>,
    search: Option<String>,
}

/// A code without the pairs of zeros that say "all of it".
fn whole(mut code: &str) -> &str {
    while let Some(shorter) = code.strip_suffix("00").filter(|_| code.len() <= 6) {
        code = shorter;
    }
    code
}

impl Among {
    pub fn has(&self, site: &SiteAssessment) -> bool {
        self.holds(&site.county_code, &[&site.name, &site.credit_code])
    }

    /// Whether the region covers the county, and one of the names has in it what is looked for.
    pub fn holds(&self, county_code: &str, names: &[&str]) -> bool {
        let found = |search: &String| names.iter().any(|name| name.to_lowercase().contains(search.as_str()));
        self.region.as_deref().is_none_or(|region| county_code.starts_with(whole(region)))
            && self.search.as_ref().is_none_or(found)
    }
}

/// The values of the known keys, each at most once.
pub struct Asked {
    values: Vec<(String, String)>,
}

impl Asked {
    pub fn read(uri: &Uri, known: &[&str]) -> Result<Asked, Refusal> {
        let Query(values) = Query::<Vec<(String, String)>>::try_from_uri(uri)
            .map_err(|_| Refusal::bad("查询参数无法解析", "the query can not be read"))?;
        for (i, (key, _)) in values.iter().enumerate() {
            if !known.contains(&key.as_str()) {
                let (key, known) = (quoted(key), known.join(", "));
                return Err(match known.is_empty() {
                    true => Refusal::bad("此地址没有查询参数", "this address takes no query"),
                    false => Refusal::bad(
                        format!("未知参数 {key}；可用：{known}"),
                        format!("unknown parameter {key}; known are {known}"),
                    ),
                });
            }
            if values.iter().take(i).any(|(earlier, _)| earlier == key) {
                return Err(Refusal::bad(format!("参数 {key} 重复"), format!("parameter {key} is given twice")));
            }
        }
        Ok(Asked { values })
    }

    /// An empty value is none.
    pub fn value(&self, key: &str) -> Option<&str> {
        let found = self.values.iter().find(|(name, _)| name == key);
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// A word that is compared, and found or not.
    pub fn short(&self, key: &str) -> Result<Option<String>, Refusal> {
        match self.value(key) {
            Some(text) if text.len() > SHORT_BYTES_MAX => Err(Refusal::bad(
                format!("{key} 最多 {SHORT_BYTES_MAX} 字节"),
                format!("{key} has at most {SHORT_BYTES_MAX} bytes"),
            )),
            found => Ok(found.map(str::to_owned)),
        }
    }

    /// By default the month that holds `now`, China Standard Time.
    pub fn period(&self, now: UtcMillis) -> Result<Period, Refusal> {
        self.asked_period()?.map_or_else(|| this_month(now), Ok)
    }

    pub fn asked_period(&self) -> Result<Option<Period>, Refusal> {
        self.value("period").map(period_of).transpose()
    }

    /// A period short enough for its quarter-hours.
    pub fn period_of_intervals(&self, now: UtcMillis) -> Result<Period, Refusal> {
        let period = self.period(now)?;
        if period.duration_ms() <= INTERVALS_DAYS_MAX * DAY_MS {
            return Ok(period);
        }
        Err(Refusal::bad(
            format!("刻钟数据一次最多 {INTERVALS_DAYS_MAX} 天"),
            format!("quarter-hours are given for at most {INTERVALS_DAYS_MAX} days at once"),
        ))
    }

    pub fn basis(&self) -> Result<Basis, Refusal> {
        match self.value("basis") {
            None | Some("calorific") => Ok(Basis::Calorific),
            Some("equivalent") => Ok(Basis::Equivalent),
            Some(other) => Err(one_of("basis", other, "calorific, equivalent")),
        }
    }

    /// Of a file's head, by default Chinese.
    pub fn lang(&self) -> Result<Lang, Refusal> {
        match self.value("lang") {
            None | Some("zh") => Ok(Lang::Zh),
            Some("en") => Ok(Lang::En),
            Some(other) => Err(one_of("lang", other, "zh, en")),
        }
    }

    /// By default energy per mu.
    pub fn figure(&self, key: &str) -> Result<Figure, Refusal> {
        match self.value(key) {
            None => Ok(Figure::TcePerMu),
            Some(name) => name.parse().map_err(|_| {
                let known: Vec<_> = Figure::ALL.iter().map(|figure| figure.name()).collect();
                one_of(key, name, &known.join(", "))
            }),
        }
    }

    /// Quarter-hours of each register that an explanation lists.
    pub fn intervals(&self, default: usize) -> Result<usize, Refusal> {
        let Some(text) = self.value("intervals") else { return Ok(default) };
        text.parse().ok().filter(|intervals| *intervals <= EXPLAINED_MAX).ok_or_else(|| {
            Refusal::bad(
                format!("intervals 应为 0 到 {EXPLAINED_MAX}"),
                format!("intervals is a number from 0 to {EXPLAINED_MAX}"),
            )
        })
    }

    pub fn version(&self) -> Result<Option<u64>, Refusal> {
        let number = |text: &str| text.parse().ok().filter(|version| *version > 0_u64);
        let wrong = || Refusal::bad("version 应为 1 起的整数", "version is a number from 1 on");
        self.value("version").map(|text| number(text).ok_or_else(wrong)).transpose()
    }

    /// A page of a list: by default the first one, of everything.
    pub fn listing(&self) -> Result<Listing, Refusal> {
        let limit = match self.value("limit") {
            None => LIMIT,
            Some(text) => text.parse().ok().filter(|limit| (1..=LIMIT_MAX).contains(limit)).ok_or_else(|| {
                Refusal::bad(format!("limit 应为 1 到 {LIMIT_MAX}"), format!("limit is a number from 1 to {LIMIT_MAX}"))
            })?,
        };
        let number = |text: &str| text.parse().ok().filter(|after| *after > 0_i64);
        let after = self.value("after").map(|text| {
            number(text)
                .ok_or_else(|| Refusal::bad("after 应为上一页的 next", "after is the `next` of the page before"))
        });
        let gateway_id = self.value("gateway").map(str::to_owned);
        if gateway_id.as_ref().is_some_and(|id| id.len() > GATEWAY_BYTES_MAX) {
            return Err(Refusal::bad(
                format!("网关编号最多 {GATEWAY_BYTES_MAX} 字节"),
                format!("a gateway id has at most {GATEWAY_BYTES_MAX} bytes"),
            ));
        }
        let site = self.value("site").map(credit_code).transpose()?.map(str::to_owned);
        Ok(Listing { credit_code: site, gateway_id, period: self.asked_period()?, after: after.transpose()?, limit })
    }

    /// By default the first page.
    pub fn places(&self) -> Result<Places, Refusal> {
        let number = |key: &str, default: usize, least: usize, most: usize| match self.value(key) {
            None => Ok(default),
            Some(text) => text.parse().ok().filter(|number| (least..=most).contains(number)).ok_or_else(|| {
                Refusal::bad(
                    format!("{key} 应为 {least} 到 {most}"),
                    format!("{key} is a number from {least} to {most}"),
                )
            }),
        };
        let offset = number("offset", 0, 0, 10_000_000)?;
        Ok(Places { offset, limit: number("limit", PLACES, 1, PLACES_MAX)? })
    }

    pub fn among(&self) -> Result<Among, Refusal> {
        let search = self.value("query");
        if search.is_some_and(|search| search.chars().count() > SEARCH_SIGNS_MAX) {
            return Err(Refusal::bad(
                format!("query 最多 {SEARCH_SIGNS_MAX} 字"),
                format!("query has at most {SEARCH_SIGNS_MAX} signs"),
            ));
        }
        let region = match self.value("region") {
            Some(code) if !matches!(code.len(), 6 | 9) || !code.bytes().all(|b| b.is_ascii_digit()) => {
                return Err(Refusal::bad(
                    "region 应为六位行政区划代码，例如 331000",
                    "region is a code of six digits (GB/T 2260), such as 331000",
                ));
            }
            code => code.map(str::to_owned),
        };
        Ok(Among { region, search: search.map(str::to_lowercase) })
    }

    pub fn ranking(&self) -> Result<RankingQuery, Refusal> {
        let sort = self.figure("sort")?;
        let descending = match self.value("order") {
            None => None,
            Some("asc") => Some(false),
            Some("desc") => Some(true),
            Some(other) => return Err(one_of("order", other, "asc, desc")),
        };
        let descending = descending.unwrap_or(sort.higher_is_better());
        Ok(RankingQuery { sort, descending, county: self.county()?, industry: self.industry()? })
    }

    fn county(&self) -> Result<Option<String>, Refusal> {
        match self.value("county") {
            None => Ok(None),
            Some(code) if code.len() == 6 && code.bytes().all(|b| b.is_ascii_digit()) => Ok(Some(code.into())),
            Some(_) => Err(Refusal::bad(
                "county 应为六位行政区划代码，例如 331003",
                "county is a code of six digits (GB/T 2260), such as 331003",
            )),
        }
    }

    fn industry(&self) -> Result<Option<String>, Refusal> {
        let is_code = |code: &str| match code.as_bytes() {
            [b'A'..=b'T', digits @ ..] => digits.len() <= 4 && digits.iter().all(u8::is_ascii_digit),
            _ => false,
        };
        match self.value("industry") {
            None => Ok(None),
            Some(code) if is_code(code) => Ok(Some(code.into())),
            Some(_) => Err(Refusal::bad(
                "industry 应为 GB/T 4754 行业代码或其开头，例如 C17",
                "industry is a GB/T 4754 code or its beginning, such as C17",
            )),
        }
    }
}

fn this_month(now: UtcMillis) -> Result<Period, Refusal> {
    let month = Period::day_of(now).ok().and_then(|day| day.to_string().get(..7).map(str::to_owned));
    period_of(&month.unwrap_or_default())
}

fn period_of(text: &str) -> Result<Period, Refusal> {
    text.parse().map_err(|_| {
        let text = quoted(text);
        Refusal::bad(
            format!("{text} 不是周期；例如 2026、2026-11、2026-11-24 或 2026-11-01..2026-11-24（1970–2199 年，北京时间）"),
            format!("{text} is no period: write 2026, 2026-11, 2026-11-24 or 2026-11-01..2026-11-24 (1970 to 2199, China Standard Time)"),
        )
    })
}

/// The 18 signs of a 统一社会信用代码; whether it exists the registry knows.
pub fn credit_code(text: &str) -> Result<&str, Refusal> {
    if text.len() == 18 && text.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase()) {
        return Ok(text);
    }
    Err(Refusal::bad(
        "统一社会信用代码应为 18 位数字和大写字母",
        "a credit code has 18 signs, digits and capital letters",
    ))
}

fn one_of(key: &str, found: &str, known: &str) -> Refusal {
    let found = quoted(found);
    Refusal::bad(format!("{key} 不能是 {found}；可用：{known}"), format!("{key} can not be {found}; known are {known}"))
}
