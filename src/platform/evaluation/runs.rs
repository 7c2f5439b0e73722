//! Evaluations of the platform: tried out, asked "what if", compared, objected to, published.
//!
//! # Promises
//! - A stored run holds its rules' text and its candidates' inputs with their digests: a site's tree is made of them, and
//!   says whether it gives the stored score.
//! - An objection makes a new version; the one it was raised against stays as it is. All others' inputs are those of the
//!   run, whatever the ledger says by now.
//! - "What if" stores nothing.

use super::{
    Candidate, Change, Evaluation, Facts, Quantity, SiteOutcome, causes, evaluate, record,
    rule::{self, RuleSet},
    workings,
};
use crate::{
    model::{Period, PeriodError, UtcMillis},
    platform::{
        assess::term::{Origin, Term},
        figures::Figures,
        store::{EvaluationRow, Objection, Store, StoreError},
    },
    runtime::{clock, lang::Text, task},
};
use rust_decimal::Decimal;
use std::{collections::BTreeSet, io, sync::Arc};

#[derive(Clone)]
pub struct Runs {
    store: Store,
    figures: Figures,
    sets: Arc<Vec<RuleSet>>,
}

#[derive(Debug, thiserror::Error)]
pub enum RunError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("{0}")]
    Period(#[from] PeriodError),
    #[error("a stored evaluation can not be read: {0}")]
    Record(#[from] io::Error),
    /// What the asker should do otherwise.
    #[error("{}", .0.en)]
    Refused(Text),
    /// No such rule set, run or site.
    #[error("{}", .0.en)]
    NotFound(Text),
}

/// A correction by a person.
#[derive(Clone, PartialEq, Debug)]
pub struct Correction {
    pub credit_code: String,
    pub item: Quantity,
    pub value: Decimal,
    pub evidence: String,
    pub reason: String,
}

/// A site before and after what was asked.
#[derive(Clone, PartialEq, Debug)]
pub struct WhatIf {
    pub before: SiteOutcome,
    pub after: SiteOutcome,
    pub because: Vec<Text>,
    /// The tree of `after`.
    pub workings: Option<Term>,
}

/// One site of a stored run down to its leaves.
#[derive(Clone, PartialEq, Debug)]
pub struct Worked {
    pub site: SiteOutcome,
    pub term: Option<Term>,
    /// Whether every term of the tree is what its terms give, and its value the stored score.
    pub holds: bool,
}

impl Runs {
    pub fn new(store: Store, figures: Figures, sets: Arc<Vec<RuleSet>>) -> Runs {
        Runs { store, figures, sets }
    }

    pub fn sets(&self) -> &[RuleSet] {
        &self.sets
    }

    /// # Errors
    /// [`RunError::NotFound`].
    pub fn set(&self, id: &str) -> Result<&RuleSet, RunError> {
        self.sets
            .iter()
            .find(|set| set.id == id)
            .ok_or_else(|| RunError::NotFound(Text::new("没有这个规则集", "there is no such rule set")))
    }

    /// Runs the rules over the year's figures as they stand, and stores that as a trial.
    ///
    /// # Errors
    /// Where the rules do not hold for the year, or name no region.
    pub async fn try_out(&self, rules: &RuleSet, year: i16, author: String) -> Result<i64, RunError> {
        let candidates = self.candidates(rules, year).await?;
        let rules = rules.clone();
        let draft = task::blocking(move || {
            let evaluation = evaluate(&rules, year, &candidates);
            record::draft(&rules, year, &candidates, &evaluation, author)
        });
        Ok(self.store.keep_evaluation(draft.await?).await?)
    }

    /// All sites in the regions of the rules, with what the rules ask for.
    async fn candidates(&self, rules: &RuleSet, year: i16) -> Result<Vec<Candidate>, RunError> {
        let id = &rules.id;
        if !rules.holds_for(year) {
            let (first, last) = rules.years.unwrap_or_default();
            return Err(RunError::Refused(Text::new(
                format!("规则 {id} 只适用于 {first}–{last} 年"),
                format!("the rules {id} hold for {first} to {last}"),
            )));
        }
        if rules.regions.is_empty() {
            return Err(RunError::Refused(Text::new(
                format!("规则 {id} 未写明适用地区：在副本的 regions 中写上"),
                format!("the rules {id} name no region: write yours as regions in a copy of the file"),
            )));
        }
        let period: Period = format!("{year:04}").parse()?;
        let assessment = self.figures.of(&period, rules.basis).await?;
        let mut facts = self.store.facts(period).await?;
        let rules = rules.clone();
        let made = task::blocking(move || {
            let wanted = rules.wanted();
            let sites = assessment.sites.iter().filter(|site| rules.holds_in(&site.county_code));
            sites
                .map(|site| {
                    let (profile, parcels, economy) = facts.remove(&site.credit_code).unwrap_or_default();
                    Candidate::of(site, &Facts { profile, parcels, economy }, year, &wanted)
                })
                .collect()
        });
        Ok(made.await)
    }

    /// The site's outcome as it is, and with the changes.
    ///
    /// # Errors
    /// Where the site is not evaluated by these rules, or a quantity can not be changed so.
    pub async fn what_if(
        &self,
        rules: &RuleSet,
        year: i16,
        credit_code: &str,
        changes: Vec<(Quantity, Change)>,
    ) -> Result<WhatIf, RunError> {
        let mut candidates = self.candidates(rules, year).await?;
        let at = candidates.iter().position(|candidate| candidate.credit_code == credit_code);
        let at = at.ok_or_else(no_site)?;
        let origin = Origin { valid_from: year.to_string(), source: "what if / 假设".into(), place: String::new() };
        let rules = rules.clone();
        task::blocking(move || {
            let before = evaluate(&rules, year, &candidates);
            let Some(slot) = candidates.get_mut(at) else { return Err(no_site()) };
            for (item, change) in changes {
                *slot = slot.changed(item, change, &origin).map_err(RunError::Refused)?;
            }
            let changed = slot.clone();
            let after = evaluate(&rules, year, &candidates);
            let of = |evaluation: &Evaluation| evaluation.site(&changed.credit_code).cloned().ok_or_else(no_site);
            let (before, outcome) = (of(&before)?, of(&after)?);
            let workings = tree(&rules, &after.groups, &outcome, &changed);
            Ok(WhatIf { because: causes(&before, &outcome), before, after: outcome, workings })
        })
        .await
    }

    /// A stored run.
    ///
    /// # Errors
    /// [`RunError::NotFound`].
    pub async fn run(&self, id: i64) -> Result<EvaluationRow, RunError> {
        self.store.evaluation(id).await?.ok_or_else(no_run)
    }

    /// The rules that a stored run was made by.
    ///
    /// # Errors
    /// [`RunError::NotFound`].
    pub async fn rules_of(&self, id: i64) -> Result<RuleSet, RunError> {
        let text = self.store.evaluation_rules(id).await?.ok_or_else(no_run)?;
        let run = self.run(id).await?;
        // it was checked when it was run
        rule::parse(&text, &format!("{}.toml", run.rules_id))
            .map_err(|problems| RunError::Record(io::Error::other(problems.to_string())))
    }

    /// One site of a stored run with its tree.
    ///
    /// # Errors
    /// [`RunError::NotFound`].
    pub async fn workings(&self, id: i64, credit_code: &str) -> Result<Worked, RunError> {
        let (run, rules) = (self.run(id).await?, self.rules_of(id).await?);
        let body = self.store.evaluation_body(id, credit_code.to_owned()).await?.ok_or_else(no_site)?;
        let input = self.store.evaluation_input(id, credit_code.to_owned()).await?.ok_or_else(no_site)?;
        task::blocking(move || {
            let (site, candidate) = (record::site(&body)?, record::candidate(&input)?);
            let term = tree(&rules, &record::groups(&run.outcome)?, &site, &candidate);
            let holds = match &term {
                Some(term) => term.holds() && term.value == site.score,
                None => site.score.is_none(),
            };
            Ok(Worked { site, term, holds })
        })
        .await
    }

    /// Runs the same rules over the same inputs with one of them corrected, and stores that as a new version.
    ///
    /// # Errors
    /// Where there is no such run or site.
    pub async fn object(&self, id: i64, correction: Correction, author: String) -> Result<i64, RunError> {
        let (run, rules) = (self.run(id).await?, self.rules_of(id).await?);
        let inputs = self.store.evaluation_inputs(id).await?;
        let draft = task::blocking(move || {
            let mut candidates = Vec::with_capacity(inputs.len());
            let mut corrected = BTreeSet::new();
            for (code, packed, earlier) in inputs {
                candidates.push(record::candidate(&packed)?);
                if earlier {
                    corrected.insert(code);
                }
            }
            let slot = candidates.iter_mut().find(|candidate| candidate.credit_code == correction.credit_code);
            let slot = slot.ok_or_else(no_site)?;
            let before = slot.value(correction.item);
            let Correction { credit_code, item, value, evidence, reason } = correction;
            let origin = Origin {
                valid_from: run.year.to_string(),
                source: format!("{evidence}; {reason}"),
                place: String::new(),
            };
            *slot = slot.changed(item, Change::Value(value), &origin).map_err(RunError::Refused)?;
            corrected.insert(credit_code.clone());
            let evaluation = evaluate(&rules, run.year, &candidates);
            let mut draft = record::draft(&rules, run.year, &candidates, &evaluation, author)?;
            draft.inputs.retain(|(code, _)| corrected.contains(code));
            draft.objection = Some(Objection {
                corrects: id,
                inputs_of: run.inputs_of.unwrap_or(id),
                credit_code,
                item: item.name().to_owned(),
                value_before: before.map(|before| before.to_string()),
                value: value.to_string(),
                evidence,
                reason,
            });
            Ok::<_, RunError>(draft)
        });
        Ok(self.store.keep_evaluation(draft.await?).await?)
    }

    /// Publishes a run of a year that is over.
    ///
    /// # Errors
    /// Where it is published already, or its year is not over.
    pub async fn publish(&self, id: i64, author: String) -> Result<(), RunError> {
        let run = self.run(id).await?;
        let end: UtcMillis = format!("{:04}", run.year).parse::<Period>()?.end;
        if end > clock::now() {
            return Err(RunError::Refused(Text::new(
                format!("{} 年尚未结束，只能试算", run.year),
                format!("{} is not over: it can be tried out and not published", run.year),
            )));
        }
        match self.store.publish_evaluation(id, author).await? {
            true => Ok(()),
            false => Err(RunError::Refused(Text::new("已经发布", "it is published already"))),
        }
    }

    /// The outcomes of a run that may be seen.
    ///
    /// # Errors
    /// [`RunError::NotFound`].
    pub async fn sites(&self, id: i64, seen: Vec<String>) -> Result<Vec<SiteOutcome>, RunError> {
        self.run(id).await?;
        let bodies = self.store.evaluation_bodies(id, seen).await?;
        let read = move || bodies.iter().map(|body| record::site(body)).collect::<io::Result<Vec<_>>>();
        Ok(task::blocking(read).await?)
    }
}

fn tree(rules: &RuleSet, groups: &[super::GroupOutcome], site: &SiteOutcome, candidate: &Candidate) -> Option<Term> {
    let group = rules.groups.iter().find(|group| site.group.as_ref() == Some(&group.id))?;
    workings(rules, group, groups.iter().find(|outcome| outcome.id == group.id)?, candidate)
}

fn no_run() -> RunError {
    RunError::NotFound(Text::new("没有这次评价", "there is no such evaluation"))
}

fn no_site() -> RunError {
    RunError::NotFound(Text::new("本次评价中没有这个单位", "this evaluation has no such site"))
}

#[cfg(test)]
pub(in crate::platform) mod tests;
