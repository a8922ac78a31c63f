/*
 * Why a task does not work, or stopped: codes for programs, beside a text for
 * people. The status has them, the journal's stops, notifications and
 * Prometheus.
 *
 * Each has its line in docs/node.md, and in the page a sentence
 * (web/texts/en.json, "reason.CODE") and what to do (web/core/reasons.js); a
 * test reads the table below and misses what is not there.
 */
#ifndef POND_NODE_PARTS_TASK_REASON_H
#define POND_NODE_PARTS_TASK_REASON_H

#define TASK_REASONS(REASON)                                                   \
    REASON(ASKED, "asked")                                                     \
    /* It rests: by the hours, or by what the machine's owner allows. */       \
    REASON(SCHEDULE, "schedule")                                               \
    REASON(BATTERY, "battery")                                                 \
    REASON(BUSY, "busy")                                                       \
    REASON(METERED, "metered")                                                 \
    REASON(TRAFFIC, "traffic")                                                 \
    REASON(DISK_FULL, "disk_full")                                             \
    REASON(MEMORY, "memory")                                                   \
    /* The task itself. */                                                     \
    REASON(LEAVING, "leaving")                                                 \
    REASON(MIGRATED, "migrated")                                               \
    REASON(INACTIVE, "inactive")                                               \
    REASON(BOUNTY_EMPTY, "bounty_empty")                                       \
    /* Coins. */                                                               \
    REASON(NO_STAKE, "no_stake")                                               \
    REASON(STAKE_LOW, "stake_low")                                             \
    REASON(NO_COINS, "no_coins")                                               \
    REASON(NO_TOKENS, "no_tokens")                                             \
    REASON(REFUSED, "refused")                                                 \
    /* What it needs. */                                                       \
    REASON(VARIABLE, "variable")                                               \
    REASON(ADDON, "addon")                                                     \
    REASON(UNREACHABLE, "unreachable")                                         \
    REASON(CODE_MISSING, "code_missing")                                       \
    REASON(LOAD_FAILED, "load_failed")                                         \
    /* Its process ended. */                                                   \
    REASON(CRASHED, "crashed")                                                 \
    REASON(MEMORY_LIMIT, "memory_limit")                                       \
    REASON(TIME_LIMIT, "time_limit")                                           \
    REASON(SANDBOX, "sandbox")

#define TASK_REASON_NAME(name, code) TASK_REASON_##name,
enum task_reason {
    TASK_REASON_NONE, /* it works, or nothing is known */
    TASK_REASONS(TASK_REASON_NAME) TASK_REASON_COUNT
};
#undef TASK_REASON_NAME

/* NULL for TASK_REASON_NONE. */
static inline const char *task_reason_code(enum task_reason reason)
{
#define TASK_REASON_CODE(name, code) [TASK_REASON_##name] = (code),
    static const char *const codes[TASK_REASON_COUNT] = {
        TASK_REASONS(TASK_REASON_CODE)};
#undef TASK_REASON_CODE

    return codes[reason];
}

#endif
