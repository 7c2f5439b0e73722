//! The first message of a stream, read and bounded.

use super::session::{protocol, unknown};
use crate::{
    platform::store::{Greeting, Link, Run},
    wire::{
        GENERATIONS_MAX, GenId, PROTOCOL,
        proto::{self, up},
    },
};
use std::collections::HashSet;

/// Bytes of a gateway's id and of its version. Both are logged.
const NAME_BYTES_MAX: usize = 128;

/// Who comes, and with which version.
#[derive(Debug, PartialEq)]
pub struct Hello {
    pub greeting: Greeting,
    pub agent_version: String,
}

/// The first message of a stream must be a Hello.
pub fn read(message: Option<up::Message>) -> Result<Hello, proto::Reject> {
    let hello = match message {
        Some(up::Message::Hello(hello)) => hello,
        Some(_) => return Err(protocol("the first message is no Hello")),
        None => return Err(unknown()),
    };
    if hello.protocol != PROTOCOL {
        return Err(protocol(format!("protocol {} is not spoken here, {PROTOCOL} is", hello.protocol)));
    }
    if hello.gateway_id.len() > NAME_BYTES_MAX || hello.agent_version.len() > NAME_BYTES_MAX {
        return Err(protocol(format!("a gateway id or a version of more than {NAME_BYTES_MAX} bytes")));
    }
    if hello.generations.len() > GENERATIONS_MAX {
        return Err(protocol(format!("more than {GENERATIONS_MAX} generations in a Hello")));
    }
    let link = |one: &proto::Generation| {
        Ok(Link {
            gen_id: gen_id(&one.gen_id)?,
            prev_gen_id: optional(&one.prev_gen_id, "a previous generation's id")?,
        })
    };
    let chain = hello.generations.iter().map(link).collect::<Result<Vec<_>, _>>()?;
    if chain.iter().map(|link| link.gen_id).collect::<HashSet<_>>().len() < chain.len() {
        return Err(protocol("a generation stands twice in a Hello"));
    }
    let run = run(hello.run.ok_or_else(|| protocol("a Hello without its run"))?)?;
    let greeting = Greeting { gateway_id: hello.gateway_id, run, chain };
    Ok(Hello { greeting, agent_version: hello.agent_version })
}

fn run(run: proto::Run) -> Result<Run, proto::Reject> {
    let id = |bytes: &[u8], what: &str| optional(bytes, what)?.ok_or_else(|| protocol(format!("a run without {what}")));
    if run.boot_counter == 0 || i64::try_from(run.boot_counter).is_err() {
        return Err(protocol("a run's counter starts at 1 and has 63 bits"));
    }
    Ok(Run {
        store_id: id(&run.store_id, "a store id")?,
        boot_id: id(&run.boot_id, "a boot id")?,
        prev_boot_id: optional(&run.prev_boot_id, "a previous boot id")?,
        boot_counter: run.boot_counter,
    })
}

pub fn gen_id(bytes: &[u8]) -> Result<GenId, proto::Reject> {
    bytes.try_into().map_err(|_| protocol("a generation id that has not 16 bytes"))
}

/// 16 bytes or none.
fn optional(bytes: &[u8], what: &str) -> Result<Option<[u8; 16]>, proto::Reject> {
    if bytes.is_empty() {
        return Ok(None);
    }
    bytes.try_into().map(Some).map_err(|_| protocol(format!("{what} that has not 16 bytes")))
}
