// The words of lists, filters and parts of pages.

import { words } from "../language";

export const w = words({
  pages: ["翻页", "Pages of the list"],
  first: ["首页", "First"],
  previous: ["上一页", "Previous"],
  next: ["下一页", "Next"],
  last: ["末页", "Last"],
  filters: ["筛选", "Filters"],
  apply: ["应用", "Apply"],
  search: ["名称或信用代码", "Name or credit code"],
  none: ["没有符合条件的记录", "Nothing matches"],
  loading: ["正在读取…", "Reading…"],
  failed: ["读取失败", "Could not be read"],
  cancel: ["取消", "Cancel"],
  save: ["保存", "Save"],
  close: ["关闭", "Close"],
  table: ["数据表", "As a table"],
  download: ["下载", "Download"],
  region: ["区域", "Region"],
  wholeRegion: ["全部区域", "All regions"],
  year: ["年度", "Year"],
  details: ["详情", "Details"],
  why: ["原因", "Reason"],
});
