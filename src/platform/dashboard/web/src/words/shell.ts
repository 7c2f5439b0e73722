// The words of the frame around the pages.

import { codes, words } from "../language";

export const w = words({
  skip: ["跳到正文", "Skip to the content"],
  menu: ["菜单", "Menu"],
  pages: ["页面", "Pages"],
  print: ["打印", "Print"],
  loading: ["正在读取…", "Reading…"],
  signOut: ["退出", "Sign out"],
  noPage: ["没有这个页面", "There is no such page"],
  failed: ["页面出错", "The page failed"],
  unreachable: ["无法连接平台，正在重试", "The platform does not answer. Trying again"],
  again: ["重试", "Try again"],
  open: ["本机", "at the machine"],
});

export const role = codes({
  viewer: ["查看者", "viewer"],
  auditor: ["审计员", "auditor"],
  operator: ["操作员", "operator"],
  administrator: ["管理员", "administrator"],
});

export const page = codes({
  overview: ["总览", "Overview"],
  regions: ["区域", "Regions"],
  sites: ["用能单位", "Sites"],
  ranking: ["排名", "Ranking"],
  scatter: ["亩均与强度", "Per mu × intensity"],
  intensity: ["能耗强度", "Intensity"],
  targets: ["双控与预算", "Dual control"],
  evaluation: ["亩均评价", "Evaluation"],
  whatif: ["情景测算", "What if"],
  warnings: ["预警", "Warnings"],
  desk: ["数据质量", "Data quality"],
  imports: ["数据导入", "Imports"],
  audit: ["操作日志", "Audit log"],
  downloads: ["下载", "Downloads"],
  site: ["用能单位", "Site"],
  explain: ["计算过程", "Workings"],
  signin: ["登录", "Sign in"],
});
