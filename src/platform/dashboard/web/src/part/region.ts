// Codes of regions: GB/T 2260 with six digits, GB/T 10114 with nine; a region covers what begins with its code less the
// final pairs of zeros.

export const beginning = (code: string): string => (code.length === 6 ? code.replace(/(00)+$/, "") : code);

export const covers = (region: string, code: string): boolean => code.startsWith(beginning(region));

/** The six digits of a county, city or province, of a township's or of a beginning such as `33`; everything is "". */
export const sixDigits = (code: string): string => (code === "" ? "" : code.slice(0, 6).padEnd(6, "0"));

export function levelOf(code: string): "province" | "city" | "county" | "township" {
  const digits = beginning(code).length;
  return digits <= 2 ? "province" : digits <= 4 ? "city" : digits <= 6 ? "county" : "township";
}
