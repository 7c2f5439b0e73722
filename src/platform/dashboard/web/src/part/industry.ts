// Divisions of manufacturing, GB/T 4754-2017, in short.

import { current } from "../language";

const DIVISIONS: Record<string, readonly [string, string]> = {
  C13: ["农副食品加工", "Farm products"],
  C14: ["食品制造", "Food"],
  C15: ["酒、饮料和精制茶", "Beverages, tea"],
  C16: ["烟草", "Tobacco"],
  C17: ["纺织", "Textiles"],
  C18: ["服装服饰", "Apparel"],
  C19: ["皮革和制鞋", "Leather, shoes"],
  C20: ["木材加工", "Wood"],
  C21: ["家具", "Furniture"],
  C22: ["造纸", "Paper"],
  C23: ["印刷", "Printing"],
  C24: ["文教体育用品", "Culture, sports"],
  C25: ["石油煤炭加工", "Petroleum, coke"],
  C26: ["化学原料", "Chemicals"],
  C27: ["医药", "Pharmaceuticals"],
  C28: ["化学纤维", "Chemical fibres"],
  C29: ["橡胶和塑料", "Rubber, plastics"],
  C30: ["非金属矿物", "Non-metal minerals"],
  C31: ["黑色金属冶炼", "Ferrous smelting"],
  C32: ["有色金属冶炼", "Non-ferrous smelting"],
  C33: ["金属制品", "Metal products"],
  C34: ["通用设备", "General machinery"],
  C35: ["专用设备", "Special machinery"],
  C36: ["汽车", "Motor vehicles"],
  C37: ["铁路船舶航空", "Rail, ships, aircraft"],
  C38: ["电气机械", "Electrical machinery"],
  C39: ["计算机和电子", "Computers, electronics"],
  C40: ["仪器仪表", "Instruments"],
  C41: ["其他制造", "Other manufacturing"],
  C42: ["废弃资源利用", "Waste recovery"],
  C43: ["设备修理", "Repair"],
};

/** The division of a class: `C1713` is in `C17`. */
export function division(code: string): string {
  return code.slice(0, 3);
}

export function industryName(code: string): string {
  const names = DIVISIONS[division(code)];
  return names ? `${code} ${names[current() === "zh" ? 0 : 1]}` : code;
}
