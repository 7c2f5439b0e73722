//! The Chinese words by which columns are known too. Where a word has a unit, the unit in brackets may follow it.

/// Chinese, English, the unit.
type Word = (&'static str, &'static str, &'static str);

/// 万元/亩 and such never name a column: what is registered are amounts.
#[rustfmt::skip]
const WORDS: &[Word] = &[
    ("统一社会信用代码", "credit_code", ""), ("信用代码", "credit_code", ""), ("代码备注", "credit_code_note", ""),
    ("企业名称", "name", ""), ("单位名称", "name", ""), ("名称", "name", ""), ("产品名称", "name", ""),
    ("市代码", "city_code", ""), ("县代码", "county_code", ""), ("县（市、区）代码", "county_code", ""),
    ("乡镇代码", "township_code", ""), ("乡镇（街道）代码", "township_code", ""), ("区划备注", "region_code_note", ""),
    ("行业代码", "industry_code", ""), ("行业备注", "industry_code_note", ""),
    ("用地面积", "land_mu", "亩"), ("实际用地面积", "land_mu", "亩"),
    ("产品代码", "product_code", ""), ("产品单位", "product_unit", ""), ("计量单位", "unit", ""),
    ("单位产品产值", "output_value_yuan_per_unit", "元"), ("产品单价", "output_value_yuan_per_unit", "元"),
    ("单耗限额", "limit_kgce_per_unit", "千克标准煤"), ("限额标准", "limit_standard", ""),
    ("网关编号", "gateway_id", ""), ("公钥", "public_key", ""),
    ("法人代码", "legal_person", ""), ("法人备注", "legal_person_note", ""), ("是否规上", "above_scale", ""), ("规上", "above_scale", ""),
    ("登记日期", "registered_on", ""), ("注册日期", "registered_on", ""), ("成立日期", "registered_on", ""),
    ("供地日期", "land_granted_on", ""), ("出让日期", "land_granted_on", ""),
    ("出租方", "landlord", ""), ("土地所有企业", "landlord", ""), ("标签", "tags", ""),
    ("宗地号", "parcel", ""), ("宗地编号", "parcel", ""), ("权属", "tenure", ""), ("面积", "mu", "亩"),
    ("起始日期", "from", ""), ("截止日期", "until", ""), ("对方单位", "other_site", ""), ("证件号", "document", ""), ("证件或合同", "document", ""),
    ("年份", "year", ""), ("年度", "year", ""), ("月份", "month", ""), ("来源", "source", ""), ("数据来源", "source", ""),
    ("用能预算", "quota_tce", "吨标准煤"), ("用电预算", "quota_kwh", "千瓦时"),
    ("地区代码", "region", ""), ("类别", "kind", ""), ("目标值", "value", ""), ("依据", "source", ""),
    ("评价税收", "tax_wan", "万元"), ("税收实际贡献", "tax_wan", "万元"),
    ("工业增加值", "value_added_wan", "万元"), ("工业增加值（可比价）", "value_added_comparable_wan", "万元"),
    ("工业总产值", "output_value_wan", "万元"), ("主营业务收入", "revenue_wan", "万元"), ("R&D经费支出", "research_wan", "万元"),
    ("年平均职工人数", "staff", "人"), ("年平均从业人数", "staff", "人"),
    ("化学需氧量", "cod_t", "吨"), ("氨氮", "ammonia_nitrogen_t", "吨"), ("二氧化硫", "so2_t", "吨"), ("氮氧化物", "nox_t", "吨"),
];

/// Which of `columns` a header means.
pub(super) fn place(header: &str, columns: &[&str]) -> Option<usize> {
    let place = |name: &str| columns.iter().position(|column| *column == name);
    place(header).or_else(|| {
        let mut words = WORDS.iter().filter(|word| means(word, header));
        words.find_map(|(_, name, _)| place(name))
    })
}

/// Every word that means one of `columns`.
pub(super) fn all<'c>(columns: &'c [&'static str]) -> impl Iterator<Item = &'static str> + 'c {
    let words = WORDS.iter().filter(|(_, name, _)| columns.contains(name)).map(|(zh, _, _)| *zh);
    columns.iter().copied().chain(words)
}

/// The word, or the word and its own unit: another unit is another column.
fn means((zh, _, unit): &Word, header: &str) -> bool {
    let Some(rest) = header.strip_prefix(zh) else { return false };
    let inside = |open, close| rest.strip_prefix(open).and_then(|rest| rest.strip_suffix(close));
    rest.is_empty() || !unit.is_empty() && inside('（', '）').or(inside('(', ')')) == Some(*unit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::EconomicItem;

    #[test]
    fn a_header_may_be_chinese_with_its_own_unit_and_no_other() {
        let columns = ["credit_code", "tax_wan", "value_added_wan", "value_added_comparable_wan"];
        for (header, found) in [
            ("tax_wan", Some(1)),
            ("评价税收", Some(1)),
            ("评价税收（万元）", Some(1)),
            ("评价税收(万元)", Some(1)),
            ("评价税收（元）", None),
            ("工业增加值（万元）", Some(2)),
            ("工业增加值（可比价）", Some(3)),
            ("工业增加值（可比价）（万元）", Some(3)),
            ("统一社会信用代码（万元）", None),
            ("用地面积", None),
        ] {
            assert_eq!(place(header, &columns), found, "{header}");
        }
    }

    #[test]
    fn every_item_has_a_chinese_word() {
        for item in EconomicItem::ALL {
            assert!(WORDS.iter().any(|(_, name, _)| *name == item.name()), "{}", item.name());
        }
    }
}
