/*
 * Who leads which slot, and what came of it.
 *
 * Leaders have windows of slots, and are drawn from the genesis' stakes; each
 * epoch has a draw of its own. Any HTTP thread.
 */
#include "settlement/rpc/rpc_request.h"

#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include "consensus/validator_set.h"
#include "settlement/format/leader.h"
#include <inttypes.h>
#include <stdlib.h>

/* Solana's limits for getSlotLeaders and, in slots back from the newest, for
 * getBlockProduction (its slot history). */
#define SLOT_LEADERS_MAX 5000
#define SLOT_HISTORY_MAX (1024 * 1024)

/* The longest epoch whose schedule is shown: a slot takes at most eight bytes.
 * It is twenty of Solana's epochs. */
#define SCHEDULE_SLOTS_MAX (RPC_ANSWER_MAX / 8)

static const struct genesis *genesis_of(const struct rpc_request *request)
{
    return ledger_genesis(request->options->ledger);
}

/* The index among the genesis' validators. */
static size_t leader_index(const struct rpc_request *request, uint64_t slot)
{
    return (size_t)(leader_at(ledger_schedule(request->options->ledger), slot) -
                    genesis_of(request)->validators);
}

static const struct pubkey *leader_of(const struct rpc_request *request,
                                      uint64_t slot)
{
    return &genesis_of(request)
                ->validators[leader_index(request, slot)]
                .identity;
}

/* [options?] gives the leader of the newest slot. */
static int get_slot_leader(struct rpc_request *request)
{
    const struct bank_info *tip;
    int status = rpc_tip(request, 0, &tip);
    if (!status)
        rpc_write_key(&request->out, leader_of(request, tip->slot));
    return status;
}

/* [first slot, limit]: the leaders of limit slots. */
static int get_slot_leaders(struct rpc_request *request)
{
    uint64_t from, limit;
    struct ledger_view *view;
    int status = rpc_parameter_u64(request, 0, &from);
    if (!status)
        status = rpc_parameter_u64(request, 1, &limit);
    if (!status && limit > SLOT_LEADERS_MAX)
        status = rpc_fail(request, RPC_INVALID_PARAMS, "Invalid limit; max %d",
                          SLOT_LEADERS_MAX);
    if (!status)
        status = rpc_view(request, &view);
    if (status)
        return status;
    /* The schedule is made an epoch ahead. */
    const struct bank_info *tip = ledger_view_tip(view);
    uint64_t known = tip->epoch + 1;
    uint64_t last = limit ? from + (limit - 1) : from;
    uint64_t epoch = (last < from ? UINT64_MAX : last) / tip->slots_per_epoch;
    if (limit && epoch > known) {
        uint64_t first = from / tip->slots_per_epoch;
        return rpc_fail(request, RPC_INVALID_PARAMS,
                        "Invalid slot range: leader schedule for epoch %" PRIu64
                        " is unavailable",
                        first > known ? first : known + 1);
    }
    json_open_array(&request->out);
    for (uint64_t i = 0; i < limit; i++)
        rpc_write_key(&request->out, leader_of(request, from + i));
    json_close_array(&request->out);
    return 0;
}

/* [slot?, options?]: both may be left out. */
static int read_slot_and_config(struct rpc_request *request, bool *has_slot,
                                uint64_t *slot, struct rpc_config *config)
{
    struct json_object *first = rpc_parameter(request, 0);
    *has_slot = first && !json_object_is_type(first, json_type_object);
    int status = 0;
    if (*has_slot && rpc_parameter_u64(request, 0, slot))
        status = rpc_wrong_form(request, "RpcLeaderScheduleConfigWrapper");
    bool is_first = first && !*has_slot;
    return status ? status : rpc_config(request, is_first ? 0 : 1, config);
}

/* "identity": only this leader is shown. *wanted: its index; the number of
 * validators: no validator's; SIZE_MAX: all are shown. */
static int read_identity(struct rpc_request *request,
                         const struct rpc_config *config, size_t *wanted)
{
    const struct genesis *genesis = genesis_of(request);
    struct pubkey key;
    bool has_key;
    int status = rpc_config_key(request, config, "identity", &has_key, &key);
    *wanted = SIZE_MAX;
    if (status || !has_key)
        return status;
    size_t at = 0;
    while (at < genesis->validator_count &&
           !pubkey_equal(&genesis->validators[at].identity, &key))
        at++;
    *wanted = at;
    return 0;
}

/* ---- getLeaderSchedule ---- */

/* The windows of an epoch, sorted by their leaders. */
struct schedule {
    uint64_t slots;
    size_t *ends;      /* of each leader's windows in `windows` */
    uint32_t *windows; /* counted from the epoch's first */
};

/* In one pass over the windows for counting and one for placing. */
static struct schedule sort_windows(struct rpc_request *request, uint64_t first,
                                    uint64_t slots)
{
    const size_t leaders = genesis_of(request)->validator_count;
    const size_t count = (slots + WINDOW_SLOTS - 1) / WINDOW_SLOTS;
    uint16_t *by_window = mem_zero(count, sizeof(*by_window));
    struct schedule schedule = {
        .slots = slots,
        .ends = mem_zero(leaders + 1, sizeof(*schedule.ends)),
        .windows = mem_zero(count, sizeof(*schedule.windows))};
    for (size_t i = 0; i < count; i++) {
        by_window[i] = (uint16_t)leader_index(request, first + window_begin(i));
        schedule.ends[by_window[i] + 1]++;
    }
    for (size_t i = 0; i < leaders; i++)
        schedule.ends[i + 1] += schedule.ends[i];
    /* Each begin moves up to its leader's end. */
    for (size_t i = 0; i < count; i++)
        schedule.windows[schedule.ends[by_window[i]]++] = (uint32_t)i;
    free(by_window);
    return schedule;
}

static void schedule_free(struct schedule *schedule)
{
    free(schedule->ends);
    free(schedule->windows);
}

/* The leader's slots; nothing of one who has none. */
static void write_leader(struct rpc_request *request,
                         const struct schedule *schedule, size_t leader)
{
    struct json_writer *out = &request->out;
    size_t begin = leader ? schedule->ends[leader - 1] : 0;
    if (begin == schedule->ends[leader])
        return;
    json_name(out,
              PUBKEY_TEXT(&genesis_of(request)->validators[leader].identity));
    json_open_array(out);
    for (size_t i = begin; i < schedule->ends[leader]; i++) {
        uint64_t at = window_begin(schedule->windows[i]);
        for (uint64_t place = 0; place < WINDOW_SLOTS; place++)
            if (at + place < schedule->slots)
                json_write_u64(out, at + place);
    }
    json_close_array(out);
}

static void write_schedule(struct rpc_request *request, uint64_t first,
                           uint64_t slots, size_t wanted)
{
    struct schedule schedule = sort_windows(request, first, slots);
    json_open_object(&request->out);
    for (size_t i = 0; i < genesis_of(request)->validator_count; i++)
        if (wanted == SIZE_MAX || wanted == i)
            write_leader(request, &schedule, i);
    json_close_object(&request->out);
    schedule_free(&schedule);
}

/* [slot?, {identity?}?]. Slots of the epoch by leader, as indexes relative to
 * its first. Null for an epoch whose schedule is not known yet. An answer is
 * some megabytes: an index for each slot of an epoch. */
static int get_leader_schedule(struct rpc_request *request)
{
    bool has_slot;
    uint64_t slot;
    size_t wanted;
    struct rpc_config config;
    struct ledger_view *view;
    int status = read_slot_and_config(request, &has_slot, &slot, &config);
    if (!status)
        status = read_identity(request, &config, &wanted);
    if (!status)
        status = rpc_view(request, &view);
    if (status)
        return status;
    const struct bank_info *tip = ledger_view_tip(view);
    uint64_t epoch = has_slot ? slot / tip->slots_per_epoch : tip->epoch;
    /* Schedules are known for this epoch and the next. */
    if (epoch > tip->epoch + 1) {
        json_write_null(&request->out);
        return 0;
    }
    if (tip->slots_per_epoch > SCHEDULE_SLOTS_MAX)
        return rpc_fail(request, RPC_INTERNAL_ERROR,
                        "The leader schedule of an epoch of %" PRIu64
                        " slots is too large; ask for parts of it by "
                        "getSlotLeaders",
                        tip->slots_per_epoch);
    write_schedule(request, epoch * tip->slots_per_epoch, tip->slots_per_epoch,
                   wanted);
    return 0;
}

/* ---- getBlockProduction ---- */

/* "range": {"firstSlot", "lastSlot"?}, both included; by default this epoch so
 * far. A range has to lie within the slot history. */
static int read_range(struct rpc_request *request,
                      const struct rpc_config *config, uint64_t *first,
                      uint64_t *last)
{
    CHECK(request->view);
    struct json_object *range = NULL;
    const struct bank_info *tip = ledger_view_tip(request->view);
    *first = tip->epoch * tip->slots_per_epoch;
    *last = tip->slot;
    if (config->object)
        json_object_object_get_ex(config->object, "range", &range);
    if (!range)
        return 0;
    struct rpc_config inner = {.object = range};
    bool has_first = false, has_last = false;
    int status = 0;
    if (!json_object_is_type(range, json_type_object))
        return rpc_wrong_type(request, range,
                              "struct RpcBlockProductionConfigRange");
    status = rpc_config_u64(request, &inner, "firstSlot", &has_first, first);
    if (!status)
        status = rpc_config_u64(request, &inner, "lastSlot", &has_last, last);
    if (status)
        return status;
    if (!has_first)
        return rpc_fail(request, RPC_INVALID_PARAMS,
                        "Invalid params: missing field `firstSlot`.");
    if (*last < *first)
        return rpc_fail(request, RPC_INVALID_PARAMS,
                        "lastSlot, %" PRIu64 ", cannot be less than firstSlot, "
                        "%" PRIu64,
                        *last, *first);
    uint64_t oldest =
        tip->slot < SLOT_HISTORY_MAX ? 0 : tip->slot + 1 - SLOT_HISTORY_MAX;
    if (*first < oldest)
        return rpc_fail(request, RPC_INVALID_PARAMS,
                        "firstSlot, %" PRIu64 ", is too small; min %" PRIu64,
                        *first, oldest);
    if (*last > tip->slot)
        return rpc_fail(request, RPC_INVALID_PARAMS,
                        "lastSlot, %" PRIu64 ", is too large; max %" PRIu64,
                        *last, tip->slot);
    return 0;
}

/* Of a leader. */
struct production {
    uint64_t slots;
    uint64_t blocks;
};

/* Count slots that follow each other, window by window. */
static void count_range(const struct rpc_request *request, uint64_t first,
                        uint64_t last, bool has_blocks, struct production *out)
{
    for (uint64_t at = first; at <= last;) {
        uint64_t end = window_begin(window_of(at) + 1);
        if (end > last)
            end = last + 1;
        struct production *of = &out[leader_index(request, at)];
        *(has_blocks ? &of->blocks : &of->slots) += end - at;
        at = end;
    }
}

static int count_blocks(struct rpc_request *request, uint64_t first,
                        uint64_t last, struct production *out)
{
    struct ledger_slots *walk;
    uint64_t from, to;
    int status = ledger_slots_open(request->view, first, &walk);
    if (status)
        return rpc_fail_status(request, status);
    while (!(status = ledger_slots_next(walk, &from, &to)) && from <= last)
        count_range(request, from, to < last ? to : last, true, out);
    ledger_slots_close(walk);
    return status && status != ERR_NOT_FOUND ? rpc_fail_status(request, status)
                                             : 0;
}

static void write_production(struct rpc_request *request,
                             const struct production *counts, size_t wanted)
{
    const struct genesis *genesis = genesis_of(request);
    struct json_writer *out = &request->out;
    json_name(out, "byIdentity");
    json_open_object(out);
    for (size_t i = 0; i < genesis->validator_count; i++) {
        if (!counts[i].slots || (wanted != SIZE_MAX && wanted != i))
            continue;
        json_name(out, PUBKEY_TEXT(&genesis->validators[i].identity));
        json_open_array(out);
        json_write_u64(out, counts[i].slots);
        json_write_u64(out, counts[i].blocks);
        json_close_array(out);
    }
    json_close_object(out);
}

/* [{range?, identity?}?] gives [slots, blocks] by identity in a context. For
 * each leader: the slots that it led and the blocks that came of them; it
 * skipped the difference. */
static int get_block_production(struct rpc_request *request)
{
    struct rpc_config config;
    struct ledger_view *view;
    struct json_writer *out = &request->out;
    uint64_t first, last;
    size_t wanted;
    int status = rpc_config(request, 0, &config);
    if (!status)
        status = rpc_view(request, &view);
    if (!status)
        status = read_range(request, &config, &first, &last);
    if (!status)
        status = read_identity(request, &config, &wanted);
    if (status)
        return status;
    struct production *counts =
        arena_zero(&request->arena,
                   genesis_of(request)->validator_count * sizeof(*counts));
    count_range(request, first, last, false, counts);
    status = count_blocks(request, first, last, counts);
    if (status)
        return status;
    rpc_open_context(out, ledger_view_tip(view)->slot);
    json_open_object(out);
    write_production(request, counts, wanted);
    json_name(out, "range");
    json_open_object(out);
    json_field_u64(out, "firstSlot", first);
    json_field_u64(out, "lastSlot", last);
    json_close_object(out);
    json_close_object(out);
    rpc_close_context(out);
    return 0;
}

const struct rpc_method rpc_leader_methods[] = {
    {"getBlockProduction", 0, 1, get_block_production},
    {"getLeaderSchedule", 0, 2, get_leader_schedule},
    {"getSlotLeader", 0, 1, get_slot_leader},
    {"getSlotLeaders", 2, 2, get_slot_leaders},
    {0},
};
