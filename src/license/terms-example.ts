/** A terms file that explains itself. Every line that is commented out shows its neutral value. */
export const TERMS_EXAMPLE = `# terms.yaml: what you sell to one site.
#
#   seatkeeper-vendor issue --request site.skreq --terms terms.yaml --out site.sklic
#
# Lengths of time: 500ms, 90s, 15m, 2h, 7d, or a number of milliseconds.
# Dates: 2027-01-31 (in UTC), or UTC milliseconds. An end date is the last day that is still paid.
# A line that is left out has its neutral value, shown here behind a "#".
# docs/spec/license.md explains every field.

# Who buys it: for people.
site: Example Studio

# Nothing of the license holds before and after these dates, whatever a feature says.
# not_before: null
# not_after: null

# Seats. Several licenses of one site add up.
features:
  - name: cad.pro
    seats: 3
    # The highest version that may use the seats, in quotes ("2027.10" is not the number 2027.1).
    # version_max: null
    # The last day of maintenance: versions released later are not covered, nor are applications that do
    # not say when they were released.
    # maintenance_until: null
    # The paid days of this feature, and days that it goes on afterwards.
    # starts_at: null
    # expires_at: null
    # grace_days: 0
    # Seats that may be taken off the network, as in { days: 7, seats: 1 }: the most days at a time,
    # and how many seats at once.
    # borrow: null
    # Only users on a list that the site keeps, as in { max: 5, changes_per_month: 2 }: how many there
    # are, and how many of them may be exchanged in a month.
    # named_users: null
    # Seats that may be granted above "seats". They are always recorded.
    # overdraft_seats: 0
    # Who counts as one holder, whose programs share one seat: none, user, host, user+host or display.
    # share: none
    # What a seat costs of a pool below, as in { pool: design, cost: 2 }.
    # tokens: null
    # How long a seat stays with its holder after the release, and the least that it counts as used: up to 1d.
    # linger: 0
    # min_lease: 0
    # A seat comes back when its holder was silent for this long: 2s to 1d.
    # lease_time: 90s
    # How long the application may go on when it cannot reach the daemon.
    offline_grace: 15m
    # End a lease as soon as its connection breaks.
    # release_on_disconnect: false
  - name: sim.solver
    seats: 1

# Pools of tokens that several features draw on, as in [{ name: design, tokens: 100 }]. A pool that is empty
# denies, whatever seats of its features are free.
# pools: []

# Counters. A record is durable before it is confirmed, and counted once.
meters:
  - name: render.minutes
    unit: minutes
    # Prepaid units per period; without it, usage is counted and never refused.
    quota: 10000
    # The quota counts for the whole license (total), or a day or a month of the site's time zone.
    period: month
    # Beyond the quota: deny the record, or allow and count it.
    overdraft: deny
    # How late a record of an offline application is still accepted.
    # late_limit: 7d
    # Whether applications may give units back that they recorded, up to what was used in the period.
    # refunds: false

# How usage is sealed into the site's ledger. "scheduled" collects it for at most max_interval;
# "immediate" seals it before the application gets its answer.
# sealing:
#   mode: scheduled
#   max_interval: 10m

# What the ledger tells you: sums only (totals), or each event with a pseudonym (events).
# detail: totals

# Whether the site may name an auditor of its own, who reads what the ledger tells you and can change none of it.
# You see in each bundle whether there is one, and the id of the key.
# auditor_allowed: false

# When the site's server is lost: machines on which a backup serves at once, by the hash that "seatkeeper license host"
# shows there; and for how many days it may serve on any other machine, until you have answered its request.
# standby_hosts: []
# emergency_days: 0
# What a clock of the site that jumped, or was set back, leads to: "flag" tells you and the site; "refuse" grants
# no new seats until it is right again; "grace" does so after policy_grace_days.
# clock_policy: flag
# policy_grace_days: 0

# How often the site promised to deliver its usage: so many days after your newest receipt a report is due,
# and grace_days later it is overdue. Then, "flag" tells the site; "no_new_seats" grants none until your
# next receipt is there, while seats in use go on; "no_seats" ends those too. Usage is always counted.
# report:
#   interval_days: 30
#   grace_days: 10
#   overdue: flag
`;
