// Names of a rule set's groups and indicators. A run outlives its rules: what they do not say any more stands for itself.

import { Refused } from "../api/http";
import { readRuleSet, type RuleSetWhole } from "../api/rules";
import { said } from "../language";
import { indicator } from "../words/evaluation";
import { MISSING } from "./figure";

export class RuleNames {
  constructor(private readonly rules: RuleSetWhole | undefined) {}

  static async of(id: string, signal: AbortSignal): Promise<RuleNames> {
    try {
      return new RuleNames(await readRuleSet(id, signal));
    } catch (error) {
      if (error instanceof Refused && error.status === 404) return new RuleNames(undefined);
      throw error;
    }
  }

  set(id: string): string {
    return this.rules === undefined ? id : said(this.rules.title);
  }

  group(id: string | null): string {
    if (id === null) return MISSING;
    const found = this.rules?.groups.find((group) => group.id === id);
    return found === undefined ? id : said(found.title);
  }

  indicator(name: string): string {
    const found = this.rules?.groups.flatMap((group) => group.indicators).find((one) => one.name === name);
    return found === undefined ? indicator(name) : said(found.title);
  }
}
