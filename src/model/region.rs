//! Division codes of GB/T 2260: six digits, two each for province, city and county.

/// The first two digits of all provinces.
const PROVINCES: [u8; 34] = [
    11, 12, 13, 14, 15, 21, 22, 23, 31, 32, 33, 34, 35, 36, 37, 41, 42, 43, 44, 45, 46, 50, 51, 52, 53, 54, 61, 62, 63,
    64, 65, 71, 81, 82,
];

/// Chinese and English name of Zhejiang and its cities; other codes are valid without a name.
pub fn name(code: &str) -> Option<(&'static str, &'static str)> {
    Some(match code {
        "330000" => ("浙江", "Zhejiang"),
        "330100" => ("杭州", "Hangzhou"),
        "330200" => ("宁波", "Ningbo"),
        "330300" => ("温州", "Wenzhou"),
        "330400" => ("嘉兴", "Jiaxing"),
        "330500" => ("湖州", "Huzhou"),
        "330600" => ("绍兴", "Shaoxing"),
        "330700" => ("金华", "Jinhua"),
        "330800" => ("衢州", "Quzhou"),
        "330900" => ("舟山", "Zhoushan"),
        "331000" => ("台州", "Taizhou"),
        "331100" => ("丽水", "Lishui"),
        _ => return None,
    })
}

/// Six digits that begin with a province.
pub fn is_code(code: &str) -> bool {
    code.len() == 6
        && code.bytes().all(|b| b.is_ascii_digit())
        && code.get(..2).and_then(|two| two.parse().ok()).is_some_and(|two: u8| PROVINCES.contains(&two))
}

pub fn is_city(code: &str) -> bool {
    is_code(code) && code.ends_with("00") && !code.ends_with("0000")
}

pub fn is_county_of(county: &str, city: &str) -> bool {
    is_code(county) && !county.ends_with("00") && county.get(..4) == city.get(..4)
}

/// GB/T 10114: nine digits that begin with the county's six.
pub fn is_township_of(township: &str, county: &str) -> bool {
    is_code(county)
        && township.len() == 9
        && township.bytes().all(|b| b.is_ascii_digit())
        && township.strip_prefix(county).is_some_and(|rest| rest != "000")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_county_lies_in_its_city() {
        assert!(is_city("331000") && is_county_of("331003", "331000"));
        assert!(!is_city("330000") && !is_city("331003") && !is_city("991000") && !is_city("33100０"));
        assert!(is_township_of("331003001", "331003") && !is_township_of("331003000", "331003"));
        assert!(
            !is_township_of("331002001", "331003") && !is_township_of("33100301", "331003") && !is_township_of("", "")
        );
        assert!(!is_county_of("330106", "331000") && !is_county_of("331000", "331000") && !is_county_of("", ""));
    }
}
