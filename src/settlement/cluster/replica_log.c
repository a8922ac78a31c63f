#include "settlement/cluster/replica_log.h"

#include "base/check.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"

#include <stdlib.h>

/* ---- the newest restart ---- */

struct restart_mark {
    uint64_t number; /* of its entry; 0 and slot 0: there is none */
    uint64_t slot;
};

static bool find_mark(struct block_log *log, struct restart_mark *out)
{
    const struct hash none = {{0}};
    struct block_log_entry entry;

    *out = (struct restart_mark){0};
    if (!block_log_find(log, BLOCK_LOG_RESTART, &none, &out->number) ||
        !block_log_entry_of(log, out->number, &entry))
        return false;
    out->slot = entry.slot;
    return true;
}

/* Leaders make blocks of the slots after it once more, and nothing signed in
 * the former network is a signature in this one. */
static bool is_of_before(const struct restart_mark *mark, uint64_t number,
                         const struct block_log_entry *entry)
{
    return number < mark->number &&
           (entry->kind != BLOCK_LOG_BLOCK || entry->slot > mark->slot);
}

bool replica_log_is_anew(struct write_ahead *ahead, const struct hash *network)
{
    struct block_log *log = write_ahead_log(ahead);
    struct restart_mark mark;
    struct buffer name = {0};
    bool is_same = false;

    if (!find_mark(log, &mark))
        return false;
    if (block_log_read(log, mark.number, &name))
        err_clear();
    else
        is_same = name.size == sizeof(*network) &&
                  !memcmp(name.data, network->bytes, sizeof(*network));
    buffer_free(&name);
    return is_same;
}

int replica_log_begin_anew(struct write_ahead *ahead,
                           const struct hash *network, uint64_t restart_slot)
{
    struct block_log *log = write_ahead_log(ahead);
    const struct block_log_entry entry = {.kind = BLOCK_LOG_RESTART,
                                          .slot = restart_slot,
                                          .size = sizeof(*network)};

    if (replica_log_is_anew(ahead, network))
        return 0;
    int status = block_log_append(log, &entry, network->bytes);
    return status ? status : block_log_sync(log);
}

bool replica_log_newest_final(struct write_ahead *ahead, uint64_t *slot,
                              struct hash *hash)
{
    struct block_log *log = write_ahead_log(ahead);
    struct restart_mark mark;
    struct block_log_entry entry;
    uint64_t first, end;
    bool is_found = false;

    (void)find_mark(log, &mark);
    block_log_range(log, &first, &end);
    for (; first < end; first++) {
        if (!block_log_entry_of(log, first, &entry) ||
            entry.kind != BLOCK_LOG_FINALISATION ||
            is_of_before(&mark, first, &entry) ||
            (is_found && entry.slot <= *slot))
            continue;
        *slot = entry.slot;
        *hash = entry.hash;
        is_found = true;
    }
    return is_found;
}

/* ---- writing ---- */

static uint64_t put_entry(struct write_ahead *ahead,
                          const struct replica_output *output)
{
    const enum block_log_kind kinds[] = {
        [VOTE_NOTARIZE] = BLOCK_LOG_NOTARISATION,
        [VOTE_NULLIFY] = BLOCK_LOG_NULLIFICATION,
        [VOTE_FINALIZE] = BLOCK_LOG_FINALISATION};
    const struct block_log_entry entry = {
        .kind = output->is_block ? BLOCK_LOG_BLOCK : kinds[output->vote_kind],
        .slot = output->slot,
        .hash = output->hash,
        .size = (uint32_t)output->bytes.size};

    return write_ahead_put(ahead, &entry, output->bytes.data);
}

void replica_log_put(struct write_ahead *ahead,
                     const struct replica_output *output)
{
    uint64_t ticket = output->act == REPLICA_RECORD
                          ? write_ahead_put_record(ahead, output->record)
                          : put_entry(ahead, output);

    CHECK(ticket == output->ticket);
}

/* ---- beginning again ---- */

struct certificate_place {
    uint64_t slot;
    uint64_t number;
};

/* Those of one slot in the order in which they came. */
static int compare_places(const void *a, const void *b)
{
    const struct certificate_place *one = a, *other = b;

    if (one->slot != other->slot)
        return one->slot < other->slot ? -1 : 1;
    return (one->number > other->number) - (one->number < other->number);
}

static bool give_back(struct write_ahead *ahead, struct replica *replica,
                      struct replica_clock clock, uint64_t number,
                      bool is_block)
{
    struct buffer bytes = {0};
    int status = block_log_read(write_ahead_log(ahead), number, &bytes);

    if (!status && is_block)
        status = replica_restore_block(replica, clock, buffer_view(&bytes));
    else if (!status)
        status =
            replica_restore_certificate(replica, clock, buffer_view(&bytes));
    if (status) {
        log_warn("cluster", "an entry of blocks/ is left out: %s", err_text());
        err_clear();
    }
    buffer_free(&bytes);
    return !status;
}

/* Blocks first, then what was agreed on them, by rising slot. */
size_t replica_log_restore(struct write_ahead *ahead, struct replica *replica,
                           struct replica_clock clock, uint64_t root_slot)
{
    struct block_log *log = write_ahead_log(ahead);
    struct restart_mark mark;
    uint64_t first, end;
    size_t count = 0, left_out = 0;

    (void)find_mark(log, &mark);
    block_log_range(log, &first, &end);
    struct certificate_place *places =
        mem_zero((size_t)(end - first) + 1, sizeof(*places));
    for (uint64_t number = first; number < end; number++) {
        struct block_log_entry entry;
        if (!block_log_entry_of(log, number, &entry) ||
            entry.kind == BLOCK_LOG_RESTART ||
            is_of_before(&mark, number, &entry))
            continue;
        if (entry.kind == BLOCK_LOG_BLOCK) {
            if (entry.slot + REPLICA_SLOTS_AHEAD_MAX >= root_slot)
                left_out += !give_back(ahead, replica, clock, number, true);
        } else if (entry.slot >= root_slot) {
            places[count++] = (struct certificate_place){.slot = entry.slot,
                                                         .number = number};
        }
    }
    qsort(places, count, sizeof(*places), compare_places);
    for (size_t i = 0; i < count; i++)
        left_out += !give_back(ahead, replica, clock, places[i].number, false);
    free(places);
    return left_out;
}

/* ---- reading ---- */

static void read_block(struct block_log *log, const struct hash *hash,
                       struct buffer *out)
{
    uint64_t number;

    if (block_log_find(log, BLOCK_LOG_BLOCK, hash, &number) &&
        block_log_read(log, number, out))
        log_warn("cluster", "a block can't be given to others: %s", err_text());
}

/* What can't be read is left out: others have it, too. False: there is no room
 * for more. */
static bool read_certificate(struct block_log *log,
                             const struct restart_mark *mark, uint64_t number,
                             size_t *count, struct buffer *out)
{
    struct block_log_entry entry;
    struct buffer thing = {0};
    bool has_room = true;

    if (!block_log_entry_of(log, number, &entry) ||
        entry.kind == BLOCK_LOG_BLOCK || entry.kind == BLOCK_LOG_RESTART ||
        is_of_before(mark, number, &entry))
        return true;
    if (block_log_read(log, number, &thing))
        err_clear();
    else if (out->size + thing.size + 4 > REPLICA_LOADED_MAX)
        has_room = false;
    else
        cluster_answer_add(buffer_view(&thing), out);
    buffer_free(&thing);
    return has_room && ++*count < CLUSTER_CERTIFICATES_MAX;
}

static void read_certificates(struct block_log *log, uint64_t first,
                              struct buffer *out)
{
    uint64_t end = first + CONSENSUS_WINDOWS_ANSWERED * WINDOW_SLOTS;
    struct restart_mark mark;
    size_t count = 0;

    (void)find_mark(log, &mark);
    for (uint64_t slot = first; slot < end; slot++)
        for (uint64_t number = 0; block_log_find_slot(log, slot, &number);
             number++)
            if (!read_certificate(log, &mark, number, &count, out))
                return;
}

void replica_log_read(struct write_ahead *ahead,
                      const struct replica_output *output, struct buffer *out)
{
    struct block_log *log = write_ahead_log(ahead);

    if (output->act == REPLICA_LOAD_CERTIFICATES)
        read_certificates(log, output->slot, out);
    else
        read_block(log, &output->hash, out);
}

void replica_log_loaded(struct replica *replica, struct replica_clock clock,
                        const struct replica_output *output, struct bytes bytes)
{
    if (output->act == REPLICA_LOAD_CERTIFICATES)
        replica_loaded_certificates(replica, clock, output->slot, bytes);
    else
        replica_loaded(replica, clock, &output->hash, bytes);
}
