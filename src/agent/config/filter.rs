//! Topic filters: what their wildcards stand for, and whether two of them can mean one message.

/// What each wildcard of `filter` stands for in `topic`; `None` where the filter does not match. A topic that starts
/// with `$` is matched by no wildcard at its first place (MQTT-4.7.2-1).
pub fn captures<'t>(filter: &str, topic: &'t str) -> Option<Vec<&'t str>> {
    let mut captured = Vec::new();
    let mut rest = Some(topic);
    for (place, part) in filter.split('/').enumerate() {
        if place == 0 && matches!(part, "+" | "#") && topic.starts_with('$') {
            return None;
        }
        if part == "#" {
            // it stands for the parent as well
            captured.push(rest.unwrap_or_default());
            return Some(captured);
        }
        let (head, tail) = match rest?.split_once('/') {
            Some((head, tail)) => (head, Some(tail)),
            None => (rest?, None),
        };
        match part {
            "+" => captured.push(head),
            _ if part == head => {}
            _ => return None,
        }
        rest = tail;
    }
    rest.is_none().then_some(captured)
}

pub fn wildcards(filter: &str) -> usize {
    filter.split('/').filter(|part| matches!(*part, "+" | "#")).count()
}

/// Whether a message can match both.
pub fn overlap(one: &str, other: &str) -> bool {
    let (mut one, mut other) = (one.split('/'), other.split('/'));
    loop {
        match (one.next(), other.next()) {
            (None, None) | (Some("#"), _) | (_, Some("#")) => return true,
            (Some("+"), Some(_)) | (Some(_), Some("+")) => {}
            (Some(one), Some(other)) if one == other => {}
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_stand_for_parts() {
        assert_eq!(captures("a/b", "a/b"), Some(vec![]));
        assert_eq!(captures("a/+/c/+", "a/b/c/d"), Some(vec!["b", "d"]));
        assert_eq!(captures("a/#", "a/b/c"), Some(vec!["b/c"]));
        assert_eq!(captures("a/#", "a"), Some(vec![""]));
        assert_eq!(captures("+", ""), Some(vec![""]));
        assert_eq!(captures("+/+", "/b"), Some(vec!["", "b"]));
        assert_eq!(captures("#", "a/b"), Some(vec!["a/b"]));
        for (filter, topic) in [
            ("a/b", "a/b/c"),
            ("a/b/c", "a/b"),
            ("a/+", "a"),
            ("a/+", "a/b/c"),
            ("+", "/a"),
            ("#", "$SYS/load"),
            ("+/load", "$SYS/load"),
            ("a/+/#", "a"),
        ] {
            assert_eq!(captures(filter, topic), None, "{filter} {topic}");
        }
        assert_eq!(captures("$SYS/#", "$SYS/load"), Some(vec!["load"]));
    }

    #[test]
    fn filters_overlap_where_one_message_can_match_both() {
        for (one, other) in [("a/b", "a/+"), ("a/+/c", "+/b/+"), ("a/#", "a/b/c"), ("a/#", "a"), ("#", "x"), ("a", "a")]
        {
            assert!(overlap(one, other) && overlap(other, one), "{one} {other}");
        }
        for (one, other) in [("a/b", "a/c"), ("a/+", "a/b/c"), ("a/+/c", "a/b/d"), ("a/#", "b/a"), ("a", "a/+")] {
            assert!(!overlap(one, other) && !overlap(other, one), "{one} {other}");
        }
    }
}
