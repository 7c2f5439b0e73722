//! Every key of a rule file.

use crate::runtime::settings::{Key, Shape, key};

pub(super) static RULES: Key = key("rules", "一个 [rules] 表", "one table [rules]", "[rules]").required();
pub(super) static GROUP: Key =
    key("group", "若干 [[group]] 表", "one table [[group]] for each group", "[[group]]").required();
pub(super) static ROOT_SHAPE: Shape = Shape { header: "", keys: &[&RULES, &GROUP] };

pub(super) static ID: Key =
    key("id", "1 至 64 个小写字母、数字、- 或 _", "1 to 64 small letters, digits, - and _", r#"id = "huangyan-2022""#)
        .required();
pub(super) static NAME: Key = key("name", "中文名称", "the name in Chinese", r#"name = "规上工业企业""#).required();
pub(super) static NAME_EN: Key =
    key("name_en", "英文名称", "the name in English", r#"name_en = "above-scale industry""#);
pub(super) static AUTHORITY: Key =
    key("authority", "发布机关", "who gave the rules", r#"authority = "黄岩区亩均办""#).required();
pub(super) static REGIONS: Key = key(
    "regions",
    "GB/T 2260 代码的数组，出处未写明地区时为空",
    "an array of GB/T 2260 codes, empty where the source names no place",
    r#"regions = ["331003"]"#,
)
.required();
pub(super) static YEARS: Key =
    key("years", "评价年度，或首年..末年", "the evaluated year, or first..last", r#"years = "2022""#);
pub(super) static BASIS: Key =
    key("basis", "calorific（当量值）或 equivalent（等价值）", "calorific or equivalent", r#"basis = "equivalent""#)
        .required();
pub(super) static BASIS_NOTE: Key =
    key("basis_note", "此折标口径的依据", "who says that it is this basis", r#"basis_note = "综合能耗(等价值)""#)
        .required();
pub(super) static DECIMALS: Key =
    key("decimals", "得分保留的小数位数，0 至 6", "decimals of a score, 0 to 6", "decimals = 3");
pub(super) static SOURCE: Key =
    key("source", "出处", "where it comes from", r#"source = "黄岩区公示附件2""#).required();
pub(super) static CONFIDENCE: Key =
    key("confidence", "可信程度", "how sure it is", r#"confidence = "read in a public page""#).required();
pub(super) static RULES_SHAPE: Shape = Shape {
    header: "[rules]",
    keys: &[&ID, &NAME, &NAME_EN, &AUTHORITY, &REGIONS, &YEARS, &BASIS, &BASIS_NOTE, &DECIMALS, &SOURCE, &CONFIDENCE],
};

pub(super) static ABOVE_SCALE: Key =
    key("above_scale", "true（规上）或 false（规下）", "true or false", "above_scale = true");
pub(super) static INDUSTRIES: Key = key(
    "industries",
    "GB/T 4754 代码开头的数组",
    "an array of beginnings of GB/T 4754 codes",
    r#"industries = ["D44", "D45"]"#,
);
pub(super) static LAND_FROM: Key =
    key("land_mu_from", "加引号的十进制数（亩，含）", "a decimal in quotes, mu: at least", r#"land_mu_from = "3""#);
pub(super) static LAND_BELOW: Key =
    key("land_mu_below", "加引号的十进制数（亩，不含）", "a decimal in quotes, mu: below", r#"land_mu_below = "3""#);
pub(super) static TAGS: Key = key("tags", "标签的数组", "an array of tags", r#"tags = ["utility"]"#);
pub(super) static EXEMPT: Key =
    key("exempt", "不参评的理由", "why these are not scored", r#"exempt = "公用事业不参评""#);
pub(super) static EXEMPT_EN: Key =
    key("exempt_en", "不参评理由的英文", "the same in English", r#"exempt_en = "utilities are not scored""#);
pub(super) static EXEMPT_GRADE: Key =
    key("exempt_grade", "视同的等级", "the grade they are treated as", r#"exempt_grade = "B""#);
pub(super) static NORMALISER: Key =
    key("normaliser", "ratio 或 min_max", "ratio or min_max", r#"normaliser = "ratio""#);
pub(super) static WEIGHTS_SUM: Key = key(
    "weights_sum",
    "权重之和，加引号的十进制数，默认 \"100\"",
    "the sum of the weights, a decimal in quotes, 100 by default",
    r#"weights_sum = "100""#,
);
pub(super) static BONUS_MAX: Key =
    key("bonus_max", "加分上限，加引号的十进制数", "a decimal in quotes, above 0", r#"bonus_max = "10""#);
pub(super) static PENALTY_MAX: Key =
    key("penalty_max", "扣分上限，加引号的十进制数", "a decimal in quotes, above 0", r#"penalty_max = "10""#);
pub(super) static NOT_GIVEN: Key = key(
    "not_given",
    "出处未给出的内容：weight、base、cap、missing、bands",
    "what the source does not give: weight, base, cap, missing, bands",
    r#"not_given = ["bands", "cap"]"#,
);
pub(super) static NEW_FIRM_YEARS: Key = key("new_firm_years", "年数，1 至 20", "years, 1 to 20", "new_firm_years = 2");
pub(super) static NEW_LAND_YEARS: Key = key("new_land_years", "年数，1 至 20", "years, 1 to 20", "new_land_years = 3");
pub(super) static LANDLORD_GRADE: Key =
    key("landlord_grade", "true 或 false", "true or false", "landlord_grade = true");
pub(super) static LANDLORD_EXCEPT: Key =
    key("landlord_except", "标签的数组", "an array of tags", r#"landlord_except = ["small_firm_park"]"#);
pub(super) static INDICATOR: Key = key(
    "indicator",
    "若干 [[group.indicator]] 表",
    "one table [[group.indicator]] for each indicator",
    "[[group.indicator]]",
);
pub(super) static ITEM: Key = key("item", "若干 [[group.item]] 表", "tables [[group.item]]", "[[group.item]]");
pub(super) static VETO: Key = key("veto", "若干 [[group.veto]] 表", "tables [[group.veto]]", "[[group.veto]]");
pub(super) static BAND: Key = key("band", "若干 [[group.band]] 表", "tables [[group.band]]", "[[group.band]]");
pub(super) static GROUP_SHAPE: Shape = Shape {
    header: "[[group]]",
    keys: &[
        &ID,
        &NAME,
        &NAME_EN,
        &CAP,
        &ABOVE_SCALE,
        &INDUSTRIES,
        &LAND_FROM,
        &LAND_BELOW,
        &TAGS,
        &EXEMPT,
        &EXEMPT_EN,
        &EXEMPT_GRADE,
        &NORMALISER,
        &WEIGHTS_SUM,
        &BONUS_MAX,
        &PENALTY_MAX,
        &NOT_GIVEN,
        &NEW_FIRM_YEARS,
        &NEW_LAND_YEARS,
        &LANDLORD_GRADE,
        &LANDLORD_EXCEPT,
        &INDICATOR,
        &ITEM,
        &VETO,
        &BAND,
    ],
};

pub(super) static NUMERATOR: Key = key(
    "numerator",
    "已知量的数组，求和",
    "an array of known quantities, which are summed",
    r#"numerator = ["tax_wan"]"#,
)
.required();
pub(super) static DENOMINATOR: Key = key(
    "denominator",
    "已知量的数组，求和",
    "an array of known quantities, which are summed",
    r#"denominator = ["land_mu"]"#,
)
.required();
pub(super) static UNIT: Key =
    key("unit", "指标的计量单位", "the unit of the indicator", r#"unit = "10k yuan/mu""#).required();
pub(super) static WEIGHT: Key =
    key("weight", "加引号的十进制数，大于 0", "a decimal in quotes, above 0", r#"weight = "30""#);
pub(super) static BASE: Key = key(
    "base",
    "基准值，加引号的十进制数，大于 0",
    "the base value, a decimal in quotes, above 0",
    r#"base = "24.097""#,
);
pub(super) static CAP: Key = key(
    "cap",
    "单项得分上限（权重的倍数），加引号的十进制数，大于 0",
    "the cap as a multiple of the weight, a decimal in quotes, above 0",
    r#"cap = "1.5""#,
);
pub(super) static MISSING: Key = key(
    "missing",
    "zero（零分）、group_mean（组内平均分）、left_out（不计此项，其余折算）之一",
    "one of zero, group_mean, left_out",
    r#"missing = "zero""#,
);
pub(super) static INDICATOR_SHAPE: Shape = Shape {
    header: "[[group.indicator]]",
    keys: &[&ID, &NAME, &NAME_EN, &NUMERATOR, &DENOMINATOR, &UNIT, &WEIGHT, &BASE, &CAP, &MISSING],
};

pub(super) static KIND: Key =
    key("kind", "bonus（加分）或 penalty（扣分）", "bonus or penalty", r#"kind = "bonus""#).required();
pub(super) static TAG: Key = key("tag", "一个标签", "one tag", r#"tag = "listed""#);
pub(super) static POINTS: Key =
    key("points", "加引号的十进制数，大于 0", "a decimal in quotes, above 0", r#"points = "2""#).required();
pub(super) static ITEM_SHAPE: Shape =
    Shape { header: "[[group.item]]", keys: &[&KIND, &TAG, &POINTS, &NAME, &NAME_EN] };

pub(super) static WHEN: Key = key("when", "no_tax_on_own_land", "no_tax_on_own_land", r#"when = "no_tax_on_own_land""#);
pub(super) static EFFECT: Key =
    key("effect", "last（直接末档）或 down（降一档）", "last or down", r#"effect = "last""#).required();
pub(super) static VETO_SHAPE: Shape =
    Shape { header: "[[group.veto]]", keys: &[&TAG, &WHEN, &EFFECT, &NAME, &NAME_EN] };

pub(super) static GRADE: Key =
    key("grade", "1 至 4 个字母或数字", "1 to 4 letters or digits", r#"grade = "A""#).required();
pub(super) static FROM_PERCENT: Key =
    key("from_percent", "加引号的十进制数，0 至 100", "a decimal in quotes, 0 to 100", r#"from_percent = "0""#);
pub(super) static TO_PERCENT: Key =
    key("to_percent", "加引号的十进制数，0 至 100", "a decimal in quotes, 0 to 100", r#"to_percent = "20""#);
pub(super) static ROUND: Key = key(
    "round",
    "比例折算名额：down、up、half 之一",
    "a share as a number of places: one of down, up, half",
    r#"round = "down""#,
);
pub(super) static FROM_SCORE: Key =
    key("from_score", "加引号的十进制数（含）", "a decimal in quotes: at least", r#"from_score = "80""#);
pub(super) static BELOW_SCORE: Key =
    key("below_score", "加引号的十进制数（不含）", "a decimal in quotes: below", r#"below_score = "100""#);
pub(super) static BAND_SHAPE: Shape =
    Shape { header: "[[group.band]]", keys: &[&GRADE, &FROM_PERCENT, &TO_PERCENT, &ROUND, &FROM_SCORE, &BELOW_SCORE] };

/// To tell where a misplaced key belongs.
pub(super) static SHAPES: [&Shape; 7] =
    [&ROOT_SHAPE, &RULES_SHAPE, &GROUP_SHAPE, &INDICATOR_SHAPE, &ITEM_SHAPE, &VETO_SHAPE, &BAND_SHAPE];
