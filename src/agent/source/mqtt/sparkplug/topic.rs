//! Topics of Sparkplug B: `spBv1.0/group/type/node[/device]`.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Birth,
    Data,
    Death,
}

#[derive(Debug, PartialEq, Eq)]
pub struct Topic<'t> {
    pub group: &'t str,
    pub kind: Kind,
    pub node: &'t str,
    pub device: Option<&'t str>,
}

/// `None` of commands, states, and what is no topic of Sparkplug B.
pub fn parse(topic: &str) -> Option<Topic<'_>> {
    let mut parts = topic.split('/');
    if parts.next() != Some("spBv1.0") {
        return None;
    }
    let (group, kind, node, device) = (parts.next()?, parts.next()?, parts.next()?, parts.next());
    let (of_device, kind) = match kind {
        "NBIRTH" => (false, Kind::Birth),
        "NDATA" => (false, Kind::Data),
        "NDEATH" => (false, Kind::Death),
        "DBIRTH" => (true, Kind::Birth),
        "DDATA" => (true, Kind::Data),
        "DDEATH" => (true, Kind::Death),
        _ => return None,
    };
    (parts.next().is_none() && of_device == device.is_some()).then_some(Topic { group, kind, node, device })
}

/// Where a node takes commands.
pub fn command(group: &str, node: &str) -> String {
    format!("spBv1.0/{group}/NCMD/{node}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_say_who_and_what() {
        let node = Topic { group: "g", kind: Kind::Birth, node: "n", device: None };
        assert_eq!(parse("spBv1.0/g/NBIRTH/n"), Some(node));
        let device = Topic { group: "g", kind: Kind::Death, node: "n", device: Some("d") };
        assert_eq!(parse("spBv1.0/g/DDEATH/n/d"), Some(device));
        for topic in
            ["spBv1.0/g/NCMD/n", "spBv1.0/STATE/h", "spBv1.0/g/NDATA", "spBv1.0/g/NDATA/n/d", "spBv1.0/g/DDATA/n", "a"]
        {
            assert_eq!(parse(topic), None, "{topic}");
        }
    }
}
