#!/usr/bin/python3
"""Writes bundles that no honest site writes, though every tag fits: written/*.skb and written/index.json.

    python3 test/vectors/bundles/make-written.py

Needs python3-cryptography. The same call writes the same bytes.
"""
import json
import pathlib
import shutil
import sys

sys.dont_write_bytecode = True

import ledger_writer as write
from ledger_writer import AUDITOR, NOON, OTHER_AUDITOR, Ledger, Raw, SEALING, OTHER_SEALING, seed, wrap
from verify_bundle import CLOSE, DAY, HEARTBEAT, INCIDENT, MINUTE, START

OUT = pathlib.Path(__file__).resolve().parent / "written"
OTHER_HOST = seed("another host")
NONCE = seed("nonce")
CASES = []


def case(verdict, findings="", **given):
    """Registers a function that writes a ledger; it may return the bundle itself."""

    def register(write_it):
        CASES.append((write_it, verdict, findings.split(), given))
        return write_it

    return register


def feature(name="cad.pro", granted=1, denials=(), **more):
    fields = {0: 1, 1: name, 2: granted, 3: 0, 4: 0, 5: 0, 6: 0, 7: [list(each) for each in denials], 8: 0, 9: granted,
              10: granted}
    return {**fields, **{int(key[1:]): value for key, value in more.items()}}


def meter(name="render.minutes", records=1, units=5):
    return {0: 2, 1: name, 2: records, 3: units, 4: 0}


def refund(name="render.minutes", records=1, units=5):
    return {0: 3, 1: name, 2: records, 3: units, 4: 0}


def naming(name="cad.pro", named=1, unnamed=0):
    return {0: 4, 1: name, 2: named, 3: unnamed}


def refund_event(event, **more):
    fields = {0: event, 1: 6, 2: "render.minutes", 3: 5, 4: "u_x", 6: NOON, 7: NOON, 8: seed("client")}
    return {**fields, **{int(key[1:]): value for key, value in more.items()}}


def naming_event(event, **more):
    fields = {0: event, 1: 8, 2: "cad.pro", 4: "u_x", 6: NOON, 7: 1}
    return {**fields, **{int(key[1:]): value for key, value in more.items()}}


def grant(event, **more):
    fields = {0: event, 1: 1, 2: "cad.pro", 3: 1, 4: "u_x", 5: seed("lease")[:16], 6: NOON, 7: False}
    return {**fields, **{int(key[1:]): value for key, value in more.items()}}


# --- findings


@case("FIRST_VERIFIED")
def totals(ledger):
    """one checkpoint with sums, one export"""
    ledger.checkpoint(feature(), meter(), events=2)
    ledger.export()


@case("FIRST_VERIFIED")
def refunds_and_named_users(ledger):
    """units given back and changes of lists of named users, in sums"""
    ledger.checkpoint(feature(), meter("calls"), meter(), refund(), refund("renders"), naming(), events=8)
    ledger.export()


@case("FIRST_VERIFIED")
def refund_and_naming_events(ledger):
    """units given back and changes of lists of named users, as events"""
    ledger.checkpoint(refund_event(1), naming_event(2), naming_event(3, _7=2), events=3, detail=1)
    ledger.export()


@case("FIRST_VERIFIED")
def events(ledger):
    """one checkpoint with events, of every kind, and open seat time"""
    lease = seed("lease")[:16]
    ledger.checkpoint(
        grant(1),
        {0: 2, 1: 2, 2: "cad.pro", 3: 1, 4: "u_x", 5: lease, 6: NOON, 7: 3, 8: 60_000},
        {0: 3, 1: 3, 2: "cad.pro", 4: "u_x", 6: NOON, 7: "NO_SEATS"},
        {0: 4, 1: 4, 2: "render.minutes", 3: 5, 4: "u_x", 6: NOON, 7: NOON, 8: seed("client")},
        {1: 5, 2: "cad.pro", 8: 1},
        events=4, detail=1)
    ledger.export()


@case("FIRST_VERIFIED")
def borrowed_events(ledger):
    """leases that were borrowed, returned, and given up by the vendor"""
    lease, week = seed("lease")[:16], NOON + 7 * DAY
    ledger.checkpoint(
        grant(1),
        {0: 2, 1: 7, 2: "cad.pro", 3: 1, 4: "u_x", 5: lease, 6: NOON, 7: week},
        {0: 3, 1: 2, 2: "cad.pro", 3: 1, 4: "u_x", 5: lease, 6: NOON, 7: 4, 8: 60_000},
        {0: 4, 1: 2, 2: "cad.pro", 3: 1, 4: "u_x", 5: lease, 6: NOON, 7: 5, 8: 60_000},
        events=4, detail=1)
    ledger.export()


@case("FIRST_VERIFIED")
def borrowed_totals(ledger):
    """sums that say what was borrowed, beside a feature of which nothing was"""
    ledger.checkpoint(feature(_11=2, _12=NOON + DAY, _13=1, _14=0), feature("sim.solver"), events=4)
    ledger.export()


@case("FIRST_VERIFIED", "EXPORT_ABSENT")
def no_export(ledger):
    """a bundle that does not end with its EXPORT block"""
    ledger.checkpoint(feature())


@case("VERIFIED_WITH_INCIDENTS", "INCIDENT")
def incident(ledger):
    """the site recorded an incident"""
    ledger.add(INCIDENT, {0: "STATE_REGRESSION", 1: None, 2: NOON, 3: 1})
    ledger.export()


@case("FIRST_VERIFIED")
def clock_back_five_minutes(ledger):
    """a clock that goes back by five minutes is no finding"""
    ledger.checkpoint(feature())
    ledger.checkpoint(feature(), meta={2: NOON + MINUTE - 5 * MINUTE, 5: NOON + MINUTE})
    ledger.export()


@case("VERIFIED_WITH_INCIDENTS", "CLOCK_BACK")
def clock_back(ledger):
    """the wall clock goes back by more than five minutes against the clock before; nothing higher was believed"""
    ledger.checkpoint(feature())
    ledger.checkpoint(feature(), meta={2: NOON + MINUTE - 5 * MINUTE - 1, 5: NOON + MINUTE - 5 * MINUTE - 1})
    ledger.export()


@case("VERIFIED_WITH_INCIDENTS", "CLOCK_BEHIND")
def clock_behind(ledger):
    """the wall clock is more than five minutes behind what was believed"""
    ledger.checkpoint(feature(), meta={5: NOON + MINUTE + 5 * MINUTE + 1})
    ledger.export()


@case("FIRST_VERIFIED")
def clock_ahead_five_minutes(ledger):
    """the wall clock runs five minutes more than the machine"""
    ledger.checkpoint(feature())
    ledger.checkpoint(feature(), meta={2: NOON + 7 * MINUTE, 5: NOON + 7 * MINUTE})
    ledger.export()


@case("VERIFIED_WITH_INCIDENTS", "CLOCK_JUMP")
def clock_jump(ledger):
    """the wall clock runs more than five minutes ahead of the machine, within one boot"""
    ledger.checkpoint(feature())
    ledger.checkpoint(feature(), meta={2: NOON + 7 * MINUTE + 1, 5: NOON + 7 * MINUTE + 1})
    ledger.export()


@case("FIRST_VERIFIED")
def clock_jump_over_a_boot(ledger):
    """between two boots the wall clock may go ahead"""
    ledger.checkpoint(feature())
    ledger.checkpoint(feature(), meta={2: NOON + DAY, 3: 1, 4: "boot-2", 5: NOON + DAY, 6: 1})
    ledger.export()


@case("FIRST_VERIFIED")
def asleep_for_a_day(ledger):
    """the time since the machine started counts sleep, the monotonic clock need not"""
    ledger.checkpoint(feature())
    ledger.checkpoint(feature(), meta={2: NOON + DAY, 5: NOON + DAY, 6: DAY})
    ledger.export()


@case("FIRST_VERIFIED")
def jump_without_uptime(ledger):
    """a machine that does not know for how long it is up cannot be caught jumping"""
    ledger.checkpoint(feature())
    ledger.checkpoint(feature(), meta={2: NOON + DAY, 5: NOON + DAY, 6: None})
    ledger.export()


@case("VERIFIED_WITH_INCIDENTS", "CLOCK_AHEAD", now=NOON)
def clock_ahead(ledger):
    """the wall clock is more than a day ahead of the vendor's"""
    at = NOON + DAY + 1
    ledger.checkpoint(feature(), meta={2: at, 5: at})
    ledger.export()


@case("VERIFIED_WITH_INCIDENTS", "CLOCK_JUMP CLOCK_BEHIND")
def clocks_of_heartbeats(ledger):
    """heartbeats state clocks too"""
    ledger.checkpoint(feature())
    ledger.heartbeat({0: NOON + 20 * MINUTE, 3: NOON + 40 * MINUTE})
    ledger.export()


@case("CLONE_SUSPECTED")
def another_host(ledger):
    """the export is of another host, and nothing said so"""
    ledger.checkpoint(feature())
    ledger.export(host=OTHER_HOST)


@case("VERIFIED_WITH_INCIDENTS", "HOST_CHANGED")
def another_host_announced(ledger):
    """the export is of another host, and a START block said so"""
    ledger.start_block(OTHER_HOST)
    ledger.checkpoint(feature())
    ledger.export(host=OTHER_HOST)


@case("CLONE_SUSPECTED")
def another_host_and_back(ledger):
    """a START block says that the host is another, and the export is of the old one"""
    ledger.start_block(OTHER_HOST)
    ledger.export()


@case("VERIFIED_WITH_INCIDENTS", "HOST_CHANGED HOST_CHANGED")
def moved_twice(ledger):
    """START blocks of another host and of the first one again"""
    ledger.start_block(OTHER_HOST)
    ledger.start_block()
    ledger.export()


@case("VERIFIED_WITH_INCIDENTS", "EXPORT_NUMBER")
def export_number_repeated(ledger):
    """two exports have the same number"""
    ledger.export()
    ledger.export()


@case("VERIFIED_WITH_INCIDENTS", "EXPORT_NUMBER")
def export_of_another_place(ledger):
    """an export names another number of blocks before it"""
    ledger.checkpoint(feature())
    ledger.export(before=7)


@case("FIRST_VERIFIED")
def export_numbers_with_a_gap(ledger):
    """an export that was never delivered leaves a gap"""
    ledger.export(3)
    ledger.export(5)


# --- events


@case("EVENT_GAP")
def event_gap(ledger):
    """event 2 was never sealed"""
    ledger.checkpoint(feature())
    ledger.checkpoint(feature(), first=3)
    ledger.export()


@case("EVENT_GAP")
def event_gap_at_the_beginning(ledger):
    """event 1 was never sealed"""
    ledger.checkpoint(feature(), first=2)
    ledger.export()


@case("EVENT_DUPLICATE")
def event_duplicate(ledger):
    """event 1 was sealed twice"""
    ledger.checkpoint(feature())
    ledger.checkpoint(feature(), first=1)
    ledger.export()


@case("BLOCKS_MISSING")
def events_lost_with_their_block(ledger):
    """event ids may jump over a lost block"""
    ledger.checkpoint(feature())
    ledger.checkpoint(feature())
    ledger.checkpoint(feature())
    ledger.export()
    return ledger.bundle(without={2})


@case("EVENT_DUPLICATE")
def events_twice_over_a_hole(ledger):
    """a hole excuses lost events, not repeated ones"""
    ledger.checkpoint(feature())
    ledger.heartbeat()
    ledger.checkpoint(feature(), first=1)
    ledger.export()
    return ledger.bundle(without={2})


@case("FIRST_VERIFIED")
def checkpoint_without_events(ledger):
    """seat time of open leases alone names no event"""
    ledger.checkpoint(feature(granted=0, _8=60_000), events=0)
    ledger.checkpoint(feature())
    ledger.export()


@case("EVENTS_ROOT_MISMATCH")
def another_events_root(ledger):
    """the header commits to other entries, under a tag that fits"""
    ledger.checkpoint(feature(), spoil={"events_root": seed("root")})
    ledger.export()


@case("TAMPERED")
def another_siv(ledger):
    """a synthetic IV that is not the plaintext's, under a tag that fits"""
    ledger.checkpoint(feature(), spoil={"siv": seed("siv")})
    ledger.export()


@case("TAMPERED")
def another_link(ledger):
    """a link to another block, under a tag that fits"""
    ledger.checkpoint(feature(), spoil={"prev": seed("leaf")})
    ledger.export()


# --- payloads outside their tables, each under tags that fit


def payload_case(name, claim, make, verdict="TAMPERED"):
    def write_it(ledger):
        make(ledger)
        ledger.export()

    write_it.__name__, write_it.__doc__ = name, claim
    case(verdict)(write_it)


payload_case("number_not_shortest", "a number in two bytes that fits one", lambda l: l.add(CLOSE, Raw(b"\xa1\0\x18\1")))
payload_case("bytes_behind", "something behind the payload", lambda l: l.add(CLOSE, Raw(b"\xa1\0\1\0")))
payload_case("endless_map", "a map of indefinite length", lambda l: l.add(CLOSE, Raw(b"\xbf\0\1\xff")))
payload_case("a_tagged_number", "a CBOR tag", lambda l: l.add(CLOSE, Raw(b"\xa1\0\xc1\1")))
payload_case("a_float", "a floating-point number", lambda l: l.add(CLOSE, Raw(b"\xa1\0\xf9\x3c\0")))
payload_case("a_number_too_large", "2^53", lambda l: l.add(CLOSE, {0: 2**53}))
payload_case("a_key_too_many", "a field that no table has", lambda l: l.add(CLOSE, {0: NOON, 1: 0}))
payload_case("a_key_missing", "a field is missing", lambda l: l.add(INCIDENT, {0: "CODE", 1: None, 2: NOON}))
payload_case("keys_not_ascending", "a map whose keys do not rise",
             lambda l: l.add(INCIDENT, {1: None, 0: "CODE", 2: NOON, 3: 1}))
payload_case("text_with_control_character", "a newline in a text",
             lambda l: l.add(INCIDENT, {0: "CO\nDE", 1: None, 2: NOON, 3: 1}))
payload_case("text_empty", "an empty text", lambda l: l.add(INCIDENT, {0: "", 1: None, 2: NOON, 3: 1}))
payload_case("text_too_long", "129 characters", lambda l: l.add(INCIDENT, {0: "x" * 129, 1: None, 2: NOON, 3: 1}))
payload_case("text_private_use", "a character of private use",
             lambda l: l.add(INCIDENT, {0: "\ue000", 1: None, 2: NOON, 3: 1}))
payload_case("evidence_too_short", "31 bytes of evidence",
             lambda l: l.add(INCIDENT, {0: "CODE", 1: bytes(31), 2: NOON, 3: 1}))
payload_case("negative_moment", "a moment before 1970", lambda l: l.add(CLOSE, {0: -1}))
payload_case("start_with_a_reserved_field", "key 7 of START is null",
             lambda l: l.add(START, {0: "0", 1: "b", 2: True, 3: 0, 4: None, 5: None, 6: None, 7: 1, 8: 0, 9: write.HOST}))
payload_case("borrow_without_an_end", "a lease borrowed for nobody knows how long",
             lambda l: l.checkpoint(feature(_11=1, _12=None, _13=0, _14=0)))
payload_case("borrow_totals_of_nothing", "fields about borrowing that say nothing",
             lambda l: l.checkpoint(feature(_11=0, _12=None, _13=0, _14=0)))
payload_case("borrow_totals_in_part", "some of the fields about borrowing",
             lambda l: l.checkpoint(feature(_11=1, _12=NOON)))
payload_case("end_reason_six", "a reason for an end that is not defined",
             lambda l: l.checkpoint({0: 1, 1: 2, 2: "cad.pro", 3: 1, 4: "u_x", 5: seed("lease")[:16], 6: NOON, 7: 6,
                                     8: 0}, detail=1))
payload_case("meters_before_features", "entries out of order", lambda l: l.checkpoint(meter(), feature(), events=2))
payload_case("refunds_before_meters", "units given back before units used",
             lambda l: l.checkpoint(refund(), meter(), events=2))
payload_case("a_refund_twice", "one meter has two entries of units given back",
             lambda l: l.checkpoint(refund(), refund(), events=2))
payload_case("a_refund_below_zero", "units given back below zero", lambda l: l.checkpoint(refund(units=-5)))
payload_case("usage_below_zero", "a refund written as usage of less than nothing", lambda l: l.checkpoint(meter(units=-5)))
payload_case("a_list_twice", "one feature has two entries of its list of named users",
             lambda l: l.checkpoint(naming(), naming(), events=2))
payload_case("a_naming_of_another_kind", "a change of a list that is not defined",
             lambda l: l.checkpoint(naming_event(1, _7=3), detail=1))
payload_case("a_refund_of_less_than_nothing", "an event of units given back below zero",
             lambda l: l.checkpoint(refund_event(1, _3=-5), detail=1))
payload_case("a_feature_twice", "one feature has two entries", lambda l: l.checkpoint(feature(), feature(), events=2))
payload_case("features_not_ascending", "features out of order",
             lambda l: l.checkpoint(feature("b"), feature("a"), events=2))
payload_case("name_with_a_space", "a name with a space", lambda l: l.checkpoint(feature("cad pro")))
payload_case("denials_not_ascending", "reasons out of order",
             lambda l: l.checkpoint(feature(denials=(("B", 1), ("A", 1))), events=3))
payload_case("receipt_as_bytes", "a receipt as a byte string", lambda l: l.take_receipt(b"receipt", 1, 1))
payload_case("events_without_an_id", "a number of events without an id", lambda l: l.checkpoint(feature(), first=0))
payload_case("detail_two", "a detail that is not defined", lambda l: l.checkpoint(feature(), meta={8: 2}))
payload_case("sums_as_events", "sums under the detail of events", lambda l: l.checkpoint(feature(), detail=1))
payload_case("event_ids_with_a_gap", "ids inside a block are not contiguous",
             lambda l: l.checkpoint(grant(1), grant(3), events=2, detail=1))
payload_case("fewer_events_than_counted", "meta counts two events, one is there",
             lambda l: l.checkpoint(grant(1), events=2, detail=1))
payload_case("open_time_before_events", "open seat time stands before an event",
             lambda l: l.checkpoint({1: 5, 2: "a", 8: 1}, grant(1), detail=1))
payload_case("overdraft_as_number", "1 in the place of true", lambda l: l.checkpoint(grant(1, _7=1), detail=1))
payload_case("segment_reason_four", "a reason that is not defined", lambda l: l.open_segment(reason=4))
payload_case("payload_of_another_type", "the payload of a CLOSE block in a HEARTBEAT block",
             lambda l: l.add(HEARTBEAT, {0: NOON}))
payload_case("too_deep", "nine containers, one in the other", lambda l: l.add(CLOSE, Raw(b"\x81" * 9 + b"\0")))


# --- segments


def segments(ledger, count=3):
    for number in range(1, count):
        ledger.checkpoint(feature())
        ledger.open_segment(reason=1)
    ledger.checkpoint(feature())
    ledger.export()


@case("FIRST_VERIFIED")
def three_segments(ledger):
    """two hand-offs"""
    segments(ledger)


# --- auditors: what the vendor says, and what the auditor reads (indices) and finds


def reads(*auditors, **how):
    """The list of auditors of a segment, each with the seed under its key."""
    return lambda number, chain, read: [wrap(each, number, chain, read, **how) for each in auditors]


def auditor_case(verdict, findings, opened, problems=""):
    """A case whose license allows an auditor, and what its auditor makes of it."""
    return case(verdict, findings, license="auditor.sklic", audit=(opened, problems.split()))


@auditor_case("FIRST_VERIFIED", "AUDITORS_CHANGED", [3, 4])
def auditor_from_the_second_segment(ledger):
    """an auditor who reads from the second segment on, but not the block that opens it"""
    ledger.checkpoint(feature())
    ledger.open_segment(reason=3, auditors=reads(AUDITOR))
    ledger.checkpoint(feature())
    ledger.export()


@auditor_case("FIRST_VERIFIED", "AUDITORS_CHANGED", [2, 3, 4, 5])
def auditor_of_two_segments(ledger):
    """an auditor who stays, and reads the block between the segments too"""
    ledger.open_segment(reason=3, auditors=reads(AUDITOR))
    ledger.checkpoint(feature())
    ledger.open_segment(reason=1, auditors=reads(AUDITOR))
    ledger.checkpoint(feature())
    ledger.export()


@auditor_case("FIRST_VERIFIED", "AUDITORS_CHANGED AUDITORS_CHANGED", [2, 3], "AUDITOR_LEFT_OUT")
def auditor_left_out(ledger):
    """an auditor for whom nothing is sealed any more"""
    ledger.open_segment(reason=3, auditors=reads(AUDITOR))
    ledger.checkpoint(feature())
    ledger.open_segment(reason=3)
    ledger.checkpoint(feature())
    ledger.export()


@auditor_case("FIRST_VERIFIED", "AUDITORS_CHANGED AUDITORS_CHANGED", [2, 3, 4, 5], "READER_UNKNOWN")
def another_auditor_beside(ledger):
    """somebody else who can read from the third segment on"""
    ledger.open_segment(reason=3, auditors=reads(AUDITOR))
    ledger.checkpoint(feature())
    ledger.open_segment(reason=3, auditors=reads(OTHER_AUDITOR, AUDITOR))
    ledger.checkpoint(feature())
    ledger.export()


@auditor_case("FIRST_VERIFIED", "AUDITORS_CHANGED", [], "READER_UNKNOWN")
def auditor_of_another_key(ledger):
    """an auditor, and another one looks"""
    ledger.open_segment(reason=3, auditors=reads(OTHER_AUDITOR))
    ledger.export()


@auditor_case("FIRST_VERIFIED", "AUDITORS_CHANGED", [], "WRAP_UNREADABLE")
def share_for_another_key(ledger):
    """the auditor's name over a share for somebody else's key"""
    ledger.open_segment(reason=3, auditors=reads(AUDITOR, to=OTHER_AUDITOR))
    ledger.export()


@auditor_case("FIRST_VERIFIED", "AUDITORS_CHANGED", [], "WRAP_UNREADABLE")
def share_of_another_segment(ledger):
    """the auditor's share of another segment"""
    ledger.open_segment(reason=3, auditors=lambda number, chain, read: [wrap(AUDITOR, number + 1, chain, read)])
    ledger.export()


@auditor_case("FIRST_VERIFIED", "AUDITORS_CHANGED", [], "WRAP_UNREADABLE")
def share_of_another_ledger(ledger):
    """the auditor's share of a segment of this number in another ledger"""
    ledger.open_segment(reason=3, auditors=lambda number, chain, read: [wrap(AUDITOR, number, bytes(16), read)])
    ledger.export()


@auditor_case("FIRST_VERIFIED", "AUDITORS_CHANGED", [], "WRAP_UNREADABLE")
def share_under_no_key(ledger):
    """a key share of zeros"""
    kid = wrap(AUDITOR, 0, bytes(16), bytes(32))[:8]
    ledger.open_segment(reason=3, auditors=b"\1" + kid + bytes(80))
    ledger.export()


@auditor_case("FIRST_VERIFIED", "AUDITORS_CHANGED", [], "READ_COMMIT_MISMATCH")
def share_of_another_seed(ledger):
    """split-wrap: the auditor is given other keys than the vendor, who cannot see it"""
    ledger.open_segment(reason=3, auditors=lambda number, chain, read: [wrap(AUDITOR, number, chain, seed("split"))])
    ledger.export()


@auditor_case("TAMPERED", "", [2, 3], "AUDITOR_LEFT_OUT HASH_CHAIN_BROKEN ROOT_MISMATCH TAMPERED")
def auditor_stripped(ledger):
    """strip-stanza: the list of auditors is emptied afterwards"""
    ledger.open_segment(reason=3, auditors=reads(AUDITOR))
    ledger.checkpoint(feature())
    ledger.checkpoint(feature())
    ledger.open_segment(reason=1, auditors=reads(AUDITOR))
    ledger.export()
    block = ledger.blocks[4]
    lengths = (105).to_bytes(4, "big") + block[140:144]
    ledger.blocks[4] = block[:136] + lengths + block[144:248] + b"\0" + block[337:]


@auditor_case("LIMIT_EXCEEDED", "", [], "LIMIT_EXCEEDED")
def nine_auditors(ledger):
    """one auditor more than there may be"""
    ledger.open_segment(reason=3, auditors=b"\11" + bytes(9 * 88))
    ledger.export()


@auditor_case("MALFORMED", "", [], "MALFORMED")
def auditors_that_are_not_there(ledger):
    """two auditors announced, one there"""
    ledger.open_segment(reason=3, auditors=lambda number, chain, read: [])
    ledger.checkpoint(feature())
    ledger.export()
    block = ledger.blocks[1]
    ledger.blocks[1] = block[:248] + b"\2" + block[249:]


@case("VERIFIED_WITH_INCIDENTS", "AUDITORS_CHANGED AUDITOR_NOT_ALLOWED")
def segment_with_two_auditors(ledger):
    """auditors that no license allows; their shares the vendor cannot open and need not"""
    ledger.open_segment(reason=3, auditors=b"\2" + seed("auditors") * 5 + bytes(16))
    ledger.export()


# --- lost segments


@case("BLOCKS_MISSING")
def middle_segment_lost(ledger):
    """rows carry the keys over a segment of which nothing is left"""
    segments(ledger)
    return ledger.bundle(without=set(range(2, 5)))


@case("UNANCHORED")
def middle_segment_and_row_lost(ledger):
    """no row, no block: nothing carries the keys over"""
    segments(ledger)
    return ledger.bundle(without=set(range(2, 5)), rows=[ledger.rows[0], ledger.rows[2]])


@case("TAMPERED")
def row_of_a_segment_to_come(ledger):
    """the directory names a segment that does not exist"""
    segments(ledger)
    row = (3).to_bytes(4, "big") + (len(ledger.blocks) - 1).to_bytes(8, "big") + seed("row") * 3
    return ledger.bundle(rows=[*ledger.rows, row])


@case("READ_COMMIT_MISMATCH")
def another_read_commit(ledger):
    """a segment commits to other read keys, under hand-off and tag that fit"""
    ledger.open_segment(commit=seed("commit"))
    ledger.export()


@case("UNANCHORED")
def another_hand_off(ledger):
    """a hand-off that is not made with the old keys"""
    ledger.open_segment(handoff=seed("handoff"))
    ledger.export()


@case("TAMPERED")
def another_self_tag(ledger):
    """a self tag that is not made with the new keys"""
    ledger.open_segment(spoil={"self_tag": seed("tag")})
    ledger.export()


@case("UNKNOWN_SEALING_KEY")
def sealed_to_another_key(ledger):
    """a segment sealed to a key that is not at hand"""
    ledger.open_segment(sealing=OTHER_SEALING, reason=3)
    ledger.export()


@case("READ_COMMIT_MISMATCH")
def sealed_to_another_key_than_it_says(ledger):
    """a segment that names the key at hand and is sealed to another"""
    ledger.open_segment(sealing=OTHER_SEALING, kid=write.spec.key_id(write.spec.x25519_public(SEALING)))
    ledger.export()


@case("UNKNOWN_SEALING_KEY")
def row_of_another_key(ledger):
    """of a segment that is sealed to a key that is not at hand only the row is left"""
    segments(ledger, 2)
    ledger.open_segment(sealing=OTHER_SEALING, reason=3)
    ledger.checkpoint(feature())
    ledger.open_segment()
    ledger.export(2)
    return ledger.bundle(without={5, 6})


@case("TIP_INVALID")
def last_segment_lost(ledger):
    """the directory leads to the end, but the last leaf is not there"""
    segments(ledger)
    return ledger.bundle(without=set(range(4, 7)))


# --- the end


@case("ROOT_MISMATCH")
def another_root_proven(ledger):
    """tip and signed head agree on a root that is not the blocks'"""
    ledger.checkpoint(feature())
    ledger.export()
    return ledger.bundle(root=seed("root"))


@case("FIRST_VERIFIED")
def blocks_after_close(ledger):
    """CLOSE should be the last block of a ledger"""
    ledger.add(CLOSE, {0: NOON})
    ledger.export()


# --- receipts


def acknowledged(ledger):
    ledger.checkpoint(feature())
    ledger.export()
    return ledger.receipt(1, 3, NONCE)


@case("EXTENDS", given=acknowledged)
def receipt_taken(ledger):
    """the receipt lies in the ledger and the export carries its nonce"""
    text = acknowledged(ledger)
    ledger.take_receipt(text, 1, 3)
    ledger.export(2, 1, NONCE)


@case("EXTENDS", "RECEIPT_PENDING", given=acknowledged)
def receipt_not_there_yet(ledger):
    """the receipt was given after the export"""
    acknowledged(ledger)
    ledger.export(2)


@case("RECEIPT_CONFLICT", given=acknowledged)
def another_nonce(ledger):
    """the export carries another nonce than that of the newest receipt"""
    text = acknowledged(ledger)
    ledger.take_receipt(text, 1, 3)
    ledger.export(2, 1, seed("another nonce"))


@case("RECEIPT_CONFLICT", given=acknowledged)
def nonce_left_out(ledger):
    """the export carries no receipt, though one lies in the ledger"""
    text = acknowledged(ledger)
    ledger.take_receipt(text, 1, 3)
    ledger.export(2)


@case("RECEIPT_CONFLICT", given=acknowledged)
def receipt_changed(ledger):
    """one character of the receipt in the ledger"""
    text = acknowledged(ledger)
    ledger.take_receipt(text.replace('"receipt_no": 1', '"receipt_no": 1 '), 1, 3)
    ledger.export(2, 1, NONCE)


@case("RECEIPT_CONFLICT", given=acknowledged)
def receipt_twice(ledger):
    """one receipt lies in the ledger twice"""
    text = acknowledged(ledger)
    ledger.take_receipt(text, 1, 3)
    ledger.take_receipt(text, 1, 3)
    ledger.export(2, 1, NONCE)


@case("EXTENDS", given=acknowledged)
def nothing_delivered_twice(ledger):
    """a bundle that begins where the acknowledged part ends"""
    text = acknowledged(ledger)
    ledger.take_receipt(text, 1, 3)
    ledger.export(2, 1, NONCE)
    return ledger.bundle(start=3)


@case("EVENT_GAP", given=acknowledged)
def event_gap_after_the_acknowledged(ledger):
    """event 2 was never sealed; event 1 is acknowledged"""
    acknowledged(ledger)
    ledger.checkpoint(feature(), first=3)
    ledger.export(2)


@case("VERIFIED_WITH_INCIDENTS", "CLOCK_BACK RECEIPT_PENDING", given=acknowledged)
def clock_back_behind_the_acknowledged(ledger):
    """the newest acknowledged clock is the one before"""
    acknowledged(ledger)
    ledger.checkpoint(feature(), meta={2: NOON - DAY, 5: NOON - DAY})
    ledger.export(2)


@case("FORK", given=acknowledged)
def older_and_forked(ledger):
    """less than is acknowledged, and of another history"""
    ledger.checkpoint(feature(granted=2))


@case("FORK", given=acknowledged)
def fork(ledger):
    """another history than the acknowledged one, from block 1 on"""
    ledger.checkpoint(feature(granted=2))
    ledger.export()
    ledger.export(2)


@case("FORK", given=acknowledged)
def fork_of_the_same_size(ledger):
    """another head of the acknowledged size"""
    ledger.checkpoint(feature(granted=2))
    ledger.export()


@case("DUPLICATE", "RECEIPT_PENDING", given=acknowledged)
def the_same_again(ledger):
    """the acknowledged head again"""
    acknowledged(ledger)


def main():
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir()
    plain = Ledger()
    files = {"acme.skvendor": write.vendor_file(), "site.skreq": plain.request(), "site.sklic": plain.license(),
             "sealing.hex": SEALING.hex() + "\n", "auditor.sklic": plain.license(auditor_allowed=True),
             "auditor.skkey": write.auditor_key_file(AUDITOR)}
    earlier = Ledger()
    files["earlier.skrcpt"] = acknowledged(earlier)
    (OUT / "earlier.skb").write_bytes(earlier.bundle())
    for name, text in files.items():
        (OUT / name).write_text(text)
    vectors = []
    for write_it, verdict, findings, given in CASES:
        name = write_it.__name__.replace("_", "-")
        ledger = Ledger()
        bundle = write_it(ledger) or ledger.bundle()
        (OUT / f"{name}.skb").write_bytes(bundle)
        known = "given" in given
        opened, problems = given.get("audit", (None, None))
        audit = {} if opened is None else {"audit": {"opened": opened, "problems": sorted(problems)}}
        vectors.append({"name": name, "claim": write_it.__doc__, "bundle": f"{name}.skb", "request": "site.skreq",
                        "license": given.get("license", "site.sklic"), "key": "sealing.hex",
                        "receipts": ["earlier.skrcpt"] if known else [], "earlier": ["earlier.skb"] if known else [],
                        "verdict": verdict, "findings": sorted(findings), **({"now": given["now"]} if "now" in given else {}), **audit})
    index = {"now": NOON + DAY, "vendor": "acme.skvendor", "vectors": vectors}
    (OUT / "index.json").write_text(json.dumps(index, indent=1) + "\n")


if __name__ == "__main__":
    main()
