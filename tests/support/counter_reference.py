"""The specification of src/energy/counter once more: slow, plain, and from the words alone.

One case a line on standard input, its answer a line on standard output, both JSON:

  {"physics": {...}, "readings": [[ms, count, doubts], ...], "declarations": [[ms, final or null, initial or null], ...]}
  {"verdicts": [[ms, count, verdict, declared], ...], "quarters": [[start ms, amount, covered ms, readings, doubts], ...]}

--heal N plants a mistake: so many readings may be set aside.
"""

import argparse
import json
import sys
from fractions import Fraction
from math import ceil, floor

HOUR = 3_600_000
QUARTER = 900_000
RATE_SLACK = 60_000
COUNT_MAX = 2**61
WARM_UP_READINGS = 1024
# doubts that a reading brings itself, such as rounded or clock, are any other bits
ESTIMATED_SHAPE, TRANSIENT, ROLLOVER, BACKSTEP, EPOCH, HELD, MANUAL = 1, 2, 4, 8, 16, 32, 512
SPREAD_MAX = 35 * 24 * HOUR


class Entry:
    """A reading on its way to its verdict."""

    def __init__(self, time, count, declared=False, doubts=0):
        self.time, self.count, self.declared, self.verdict = time, count, declared, None
        self.doubts = doubts


class Register:
    """What lies between two declarations."""

    def __init__(self, physics, entries, ended, opens, heal):
        self.physics, self.entries, self.ended, self.heal = physics, entries, ended, heal
        self.opens = opens
        self.accepted = []  # places of the epoch's readings, in order
        self.break_at = 0  # place of the first reading taken since the last break

    def most_risen(self, ms):
        rate = self.physics["rate_max_per_h"]
        return None if rate is None else ceil(Fraction(rate * (ms + RATE_SLACK), HOUR)) + 1

    def plausible(self, a, b):
        risen, most = b.count - a.count, self.most_risen(b.time - a.time)
        return risen >= 0 and (most is None or risen <= most)

    def judge(self):
        place = 0
        while place < len(self.entries):
            entry = self.entries[place]
            if not self.accepted:
                self.open_epoch(place, self.opens)
            elif self.plausible(self.entries[self.accepted[-1]], entry):
                entry.verdict = "normal"
                self.accepted.append(place)
            else:
                went_on = self.at_break(place)
                if went_on is None:
                    for later in self.entries[place:]:
                        later.verdict = "held"
                    return
                place = went_on
                continue
            place += 1

    def open_epoch(self, place, cause):
        self.entries[place].verdict = "opens " + cause
        self.accepted = [place]
        self.break_at = place

    def go_on(self, place, verdict):
        self.break_at = place
        self.entries[place].verdict = verdict
        self.accepted.append(place)
        return place + 1

    def at_break(self, place):
        """Where to go on, None: later readings will tell."""
        last, entry = self.entries[self.accepted[-1]], self.entries[place]
        fell = entry.count < last.count
        zero = Entry(last.time, 0, declared=True)
        if fell and self.physics["restarts"] and self.plausible(zero, entry):
            self.entries.insert(place, zero)
            self.open_epoch(place, "restart")
            return place + 1
        if fell and last.count - entry.count <= self.physics["backstep_max"]:
            return self.go_on(place, "backstep")
        found = self.healing(place)
        if found == "wait":
            return None
        if found is not None:
            before, behind = found
            for gone in self.accepted[len(self.accepted) - before :]:
                self.entries[gone].verdict = "transient"
            self.accepted = self.accepted[: len(self.accepted) - before]
            for gone in range(place, place + behind):
                self.entries[gone].verdict = "transient"
            return self.go_on(place + behind, "normal")
        modulus = self.physics["modulus"]
        if modulus is not None and fell and 0 <= entry.count and last.count < modulus:
            risen = (entry.count - last.count) % modulus
            most = self.most_risen(entry.time - last.time)
            if 2 * risen < modulus and (most is None or risen <= most):
                return self.go_on(place, "rollover")
        if not fell:
            cause = "jump"
        elif entry.count * 10 <= last.count and self.plausible(zero, entry):
            cause = "reset"
        else:
            cause = "backwards"
        self.open_epoch(place, cause)
        return place + 1

    def healing(self, place):
        """How many readings before the break and behind it are passing; None: none are."""
        end = len(self.entries)
        last = self.entries[self.accepted[-1]]
        for count in range(1, self.heal + 1):
            if place + count >= end and not self.ended:
                return "wait"
            for before in range(0, count + 1):
                behind = count - before
                if place + behind < end and self.may_go(place, before, behind):
                    earlier = self.entries[self.accepted[len(self.accepted) - 1 - before]]
                    if self.plausible(earlier, self.entries[place + behind]):
                        return before, behind
        behind = 1
        while behind <= WARM_UP_READINGS and place + behind <= end and self.warms_up(place, behind):
            if behind > self.heal:
                if place + behind == end:
                    return None if self.ended else "wait"
                if self.plausible(last, self.entries[place + behind]):
                    return 0, behind
            behind += 1
        return None

    def warms_up(self, place, behind):
        first, last = self.entries[place], self.entries[place + behind - 1]
        same = all(one.count == first.count for one in self.entries[place : place + behind])
        return same and last.time - first.time <= self.physics["warm_up_ms"]

    def may_go(self, place, before, behind):
        """Whether these may be set aside: none older than the last break, not the epoch's first, few in a row."""
        if before >= len(self.accepted):
            return False
        gone = self.accepted[len(self.accepted) - before :]
        if any(one < self.break_at for one in gone):
            return False
        # the row of all that is set aside, back to the reading that stays
        stays = self.accepted[len(self.accepted) - 1 - before]
        return place + behind - stays - 1 <= self.heal


def usable(count):
    return count is not None and abs(count) <= COUNT_MAX


def judge(case, heal):
    physics = case["physics"]
    readings = sorted({(time, count) for time, count, _ in case["readings"] if usable(count)})
    brings = {(time, count): doubts for time, count, doubts in case["readings"]}
    declarations = {tuple(one) for one in case["declarations"]}
    # None, which is "not known", comes before every number
    declarations = sorted(declarations, key=lambda d: (d[0], d[1] is not None, d[1] or 0, d[2] is not None, d[2] or 0))
    judged, opens, initial = [], "first", []
    for time, final, begins in declarations + [(None, None, None)]:
        mine = [one for one in readings if time is None or one[0] < time]
        readings = readings[len(mine) :]
        entries = initial + [Entry(*one, doubts=brings[one]) for one in mine]
        if usable(final):
            entries.append(Entry(time, final, declared=True))
        register = Register(physics, entries, time is not None, opens, heal)
        register.judge()
        judged += register.entries
        opens, initial = "replaced", [Entry(time, begins, declared=True)] if usable(begins) else []
    return judged


def quarters(physics, judged):
    all_of = {}

    def of(time):
        return all_of.setdefault(time // QUARTER * QUARTER, [0, 0, 0, 0])

    last, last_brings = None, 0
    for one in judged:
        by_hand = one.declared and one.verdict != "opens restart"
        brings = MANUAL if by_hand else one.doubts
        if one.verdict == "transient":
            of(one.time)[3] |= TRANSIENT
            continue
        if one.verdict == "held":
            of(one.time)[3] |= HELD
            continue
        here = of(one.time)
        here[2] += not one.declared
        here[3] |= brings
        if one.verdict.startswith("opens"):
            if last is not None:
                both_written = last_brings & brings & MANUAL and last.time == one.time
                for time in [] if both_written else [last.time, one.time]:
                    of(time)[3] |= EPOCH
        elif one.time - last.time <= SPREAD_MAX:
            book(physics, last, one, last_brings | brings, of)
        last, last_brings = one, brings
    return sorted([start, *what] for start, what in all_of.items() if any(what))


def book(physics, a, b, brought, of):
    moved = b.count - a.count + (physics["modulus"] if b.verdict == "rollover" else 0)
    doubts = {"rollover": ROLLOVER, "backstep": BACKSTEP}.get(b.verdict, 0)
    doubts |= ESTIMATED_SHAPE if 2 * (b.time - a.time) > 3 * QUARTER else 0
    doubts |= brought
    if a.time == b.time:
        here = of(b.time)
        here[0] += moved
        here[3] |= doubts
        return
    at = lambda t: floor(Fraction(moved * (t - a.time), b.time - a.time))
    start = a.time // QUARTER * QUARTER
    while start < b.time:
        begin, end = max(start, a.time), min(start + QUARTER, b.time)
        here = of(start)
        here[0] += at(end) - at(begin)
        here[1] += end - begin
        here[3] |= doubts
        if start > a.time // QUARTER * QUARTER and start + QUARTER <= b.time:
            here[3] |= ESTIMATED_SHAPE
        start += QUARTER


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--heal", type=int, default=3)
    heal = parser.parse_args().heal
    for line in sys.stdin:
        case = json.loads(line)
        judged = judge(case, heal)
        verdicts = [[one.time, one.count, one.verdict, one.declared] for one in judged]
        print(json.dumps({"verdicts": verdicts, "quarters": quarters(case["physics"], judged)}))


main()
