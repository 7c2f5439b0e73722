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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::proto::RejectCode;
    use bytes::Bytes;

    fn bytes(n: u8) -> Bytes {
        vec![n; 16].into()
    }

    fn hello() -> proto::Hello {
        let generation = |gen_id, prev_gen_id| proto::Generation { gen_id, prev_gen_id, last_seq: 9, sealed: true };
        proto::Hello {
            protocol: PROTOCOL,
            gateway_id: "gw-1".into(),
            agent_version: "0.1.0".into(),
            generations: vec![generation(bytes(1), Bytes::new()), generation(bytes(2), bytes(1))],
            run: Some(run()),
        }
    }

    fn run() -> proto::Run {
        proto::Run { store_id: bytes(3), boot_id: bytes(4), prev_boot_id: Bytes::new(), boot_counter: 1 }
    }

    #[test]
    fn a_hello_says_who_comes_in_which_run_with_which_generations() {
        let read = read(Some(up::Message::Hello(hello()))).unwrap();
        assert_eq!((read.greeting.gateway_id.as_str(), read.agent_version.as_str()), ("gw-1", "0.1.0"));
        let run = Run { store_id: [3; 16], boot_id: [4; 16], prev_boot_id: None, boot_counter: 1 };
        assert_eq!(read.greeting.run, run);
        let links = [([1; 16], None), ([2; 16], Some([1; 16]))];
        assert_eq!(read.greeting.chain, links.map(|(gen_id, prev_gen_id)| Link { gen_id, prev_gen_id }));
    }

    #[test]
    fn what_is_no_hello_or_leaves_its_limits_is_refused() {
        let short = || Bytes::from_static(b"short");
        let generations = |one: proto::Generation, n| proto::Hello { generations: vec![one; n], ..hello() };
        let of_run = |run| proto::Hello { run, ..hello() };
        let one = proto::Generation { gen_id: bytes(1), ..Default::default() };
        let bad = [
            proto::Hello { protocol: PROTOCOL + 1, ..hello() },
            proto::Hello { gateway_id: "g".repeat(129), ..hello() },
            proto::Hello { agent_version: "v".repeat(129), ..hello() },
            generations(one.clone(), GENERATIONS_MAX + 1),
            generations(one.clone(), 2),
            generations(proto::Generation { gen_id: short(), ..one.clone() }, 1),
            generations(proto::Generation { prev_gen_id: short(), ..one }, 1),
            of_run(None),
            of_run(Some(proto::Run { store_id: Bytes::new(), ..run() })),
            of_run(Some(proto::Run { boot_id: short(), ..run() })),
            of_run(Some(proto::Run { prev_boot_id: short(), ..run() })),
            of_run(Some(proto::Run { boot_counter: 0, ..run() })),
            of_run(Some(proto::Run { boot_counter: u64::MAX, ..run() })),
        ];
        for hello in bad.map(|hello| Some(up::Message::Hello(hello))) {
            assert_eq!(read(hello.clone()).unwrap_err().code(), RejectCode::Protocol, "{hello:?}");
        }
        assert_eq!(read(Some(up::Message::Ping(proto::Ping::default()))).unwrap_err().code(), RejectCode::Protocol);
        assert_eq!(read(None).unwrap_err().code(), RejectCode::Protocol);
    }
}
