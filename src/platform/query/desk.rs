//! The answers, but for the subscription.

use super::{answer, question};
use crate::{
    platform::{
        access::Asker,
        assess::{Assessment, ranking},
        figures::Figures,
        store::{Store, StoreError},
    },
    runtime::task,
    wire::proto::{
        FiguresReply, FiguresRequest, IntervalsReply, IntervalsRequest, LedgerReply, LedgerRequest, RankedSite,
        RankingReply, RankingRequest,
    },
};
use std::{collections::BTreeMap, sync::Arc};
use tonic::Status;

pub struct Desk {
    pub store: Store,
    pub figures: Figures,
}

/// What ails the store is the operator's to know.
pub fn failed(error: &StoreError) -> Status {
    tracing::error!(%error, "a question could not be answered");
    Status::unavailable("平台暂时无法回答 / the platform can not answer now")
}

impl Desk {
    pub async fn figures(&self, asker: &Asker, asked: FiguresRequest) -> Result<FiguresReply, Status> {
        let (period, basis) = (question::period(&asked.period)?, question::basis(&asked.basis)?);
        let wanted = question::wanted(&asked.credit_codes, question::NAMED_MAX)?;
        let limit = question::limit(asked.limit)?;
        let assessment = self.figures.of(&period, basis).await.map_err(|error| failed(&error))?;
        let mut sites = assessment.sites.iter().filter(|site| {
            asker.sees(&site.county_code)
                && wanted.as_ref().is_none_or(|wanted| wanted.contains(&site.credit_code))
                && site.credit_code > asked.after
        });
        let page: Vec<_> = sites.by_ref().take(limit).map(answer::site).collect();
        let next = match (page.last(), sites.next()) {
            (Some(last), Some(_)) => last.credit_code.clone(),
            _ => String::new(),
        };
        Ok(FiguresReply {
            start_ms: assessment.start_ms.0,
            end_ms: assessment.end_ms.0,
            as_of_ms: assessment.as_of_ms.0,
            sites: page,
            next,
        })
    }

    pub async fn ranking(&self, asker: &Asker, asked: RankingRequest) -> Result<RankingReply, Status> {
        let (period, basis) = (question::period(&asked.period)?, question::basis(&asked.basis)?);
        let (query, limit) = (question::ranking(&asked)?, question::limit(asked.limit)?);
        let assessment = self.figures.of(&period, basis).await.map_err(|error| failed(&error))?;
        let assessment = seen(assessment, asker);
        let ranked = task::blocking(move || {
            let ranked = ranking(&assessment, &query);
            (assessment, ranked)
        });
        let (assessment, ranked) = ranked.await;
        let row = |(rank, place): &(Option<u32>, usize)| {
            Some(RankedSite { rank: *rank, site: assessment.sites.get(*place).map(answer::site) })
        };
        let offset = usize::try_from(asked.offset).unwrap_or(usize::MAX);
        Ok(RankingReply {
            rows: ranked.rows.iter().skip(offset).take(limit).filter_map(row).collect(),
            total: u32::try_from(ranked.rows.len()).unwrap_or(u32::MAX),
            as_of_ms: assessment.as_of_ms.0,
        })
    }

    pub async fn intervals(&self, asker: &Asker, asked: IntervalsRequest) -> Result<IntervalsReply, Status> {
        let period = question::short_period(&asked.period)?;
        let sites = self.store.sites().await.map_err(|error| failed(&error))?;
        let here = sites.iter().find(|site| site.credit_code == asked.credit_code);
        let Some(site) = here.filter(|site| asker.sees(&site.county_code)) else {
            return Err(Status::not_found("没有这个单位 / there is no such site"));
        };
        let found = self.store.intervals(&site.credit_code, &period).await.map_err(|error| failed(&error))?;
        Ok(IntervalsReply { intervals: found.iter().map(answer::interval).collect() })
    }

    pub async fn ledger(&self, asker: &Asker, asked: LedgerRequest) -> Result<LedgerReply, Status> {
        let wanted = question::wanted(&asked.credit_codes, question::NAMED_MAX)?;
        let limit = question::limit(asked.limit)?;
        let sites = self.store.sites().await.map_err(|error| failed(&error))?;
        let counties: BTreeMap<_, _> = sites.into_iter().map(|site| (site.credit_code, site.county_code)).collect();
        let gateways = self.store.gateways().await.map_err(|error| failed(&error))?;
        let sites: BTreeMap<_, _> =
            gateways.into_iter().map(|gateway| (gateway.gateway_id, gateway.credit_code)).collect();
        let shown = |code: &String| {
            wanted.as_ref().is_none_or(|wanted| wanted.contains(code))
                && counties.get(code).is_some_and(|county| asker.sees(county))
        };
        let lines = self.store.ledger().await.map_err(|error| failed(&error))?;
        let of_site = lines.iter().filter_map(|line| Some((line, sites.get(&line.gateway_id)?)));
        let all: Vec<_> = of_site.filter(|(_, code)| shown(code)).collect();
        let offset = usize::try_from(asked.offset).unwrap_or(usize::MAX);
        let page = all.iter().skip(offset).take(limit);
        Ok(LedgerReply {
            rows: page.map(|(line, code)| answer::ledger_line(line, code)).collect(),
            total: u32::try_from(all.len()).unwrap_or(u32::MAX),
        })
    }
}

/// What the asker may see of it: ranks are those among these.
fn seen(assessment: Arc<Assessment>, asker: &Asker) -> Arc<Assessment> {
    if asker.sees("") {
        return assessment;
    }
    let mut own = Assessment::clone(&assessment);
    own.sites.retain(|site| asker.sees(&site.county_code));
    Arc::new(own)
}
