/*
 * Views: a read transaction of LMDB and a published tip that belong together.
 *
 * The disk must hold at least what lies under the tip's lowest layer and under
 * the branch's blocks, and nothing that is not on the branch. The view of the
 * disk is opened first. If a flush and a publication in between put the pair
 * out of step, both are taken again. That window is a few microseconds wide
 * because a flush is published as soon as it is on disk.
 *
 * A view is cheap (a reader's slot in LMDB's table and a reference to a
 * branch), so each request has its own. A view that stays open keeps LMDB from
 * reusing pages that later flushes free, and keeps the layers of its bank.
 */
#include "settlement/ledger/ledger_internal.h"

#include "base/check.h"
#include "base/lock.h"
#include "base/memory.h"
#include <sched.h>
#include <stdlib.h>

/* All tips are taken at once, so that what a view says of other levels fits its
 * own. */
static struct ledger_branch *take_tip(struct ledger *ledger,
                                      enum ledger_level level,
                                      struct ledger_height *heights)
{
    lock_take(&ledger->lock);
    struct ledger_branch *branch = ledger_branch_retain(ledger->tips[level]);
    for (int at = 0; at < LEDGER_LEVELS; at++) {
        const struct bank_info *info = bank_info(ledger->tips[at]->bank);
        heights[at] = (struct ledger_height){info->slot, info->block_height};
    }
    lock_give(&ledger->lock);
    return branch;
}

/* The table of the state must have what lies under the lowest layer (pending
 * rows do not count); the other tables what lies under the branch's blocks; and
 * the disk's tip must be on the branch, or rows of a later block would show
 * through. */
static bool is_in_step(const struct ledger_branch *branch,
                       const struct ledger_tip *disk)
{
    return branch->base_slot <= disk->settled_slot &&
           branch->floor_slot <= disk->slot &&
           ledger_branch_has(branch, disk->slot, &disk->block_hash);
}

/* The loop ends: a branch without the disk's tip is shown only between a commit
 * and the ledger_publish() that follows, and the disk is too old only until a
 * view is newer than the flush that let the branch rise. So the tries need no
 * limit. */
int ledger_view_open(struct ledger *ledger, enum ledger_level level,
                     struct ledger_view **out)
{
    CHECK_MAGIC(ledger, LEDGER_MAGIC);
    CHECK(level < LEDGER_LEVELS);
    struct ledger_view *view = mem_zero(1, sizeof(*view));
    view->magic = LEDGER_VIEW_MAGIC;
    view->ledger = ledger;
    for (;;) {
        struct ledger_tip disk;
        int status = rows_read(ledger->rows, &view->rows);
        if (!status) {
            status = ledger_tip_read(view->rows, &disk);
            if (status)
                rows_abort(view->rows);
        }
        if (status) {
            free(view);
            return status;
        }
        view->branch = take_tip(ledger, level, view->heights);
        if (is_in_step(view->branch, &disk))
            break;
        /* Release both, or they would hold pages and layers for nothing. */
        ledger_branch_release(view->branch);
        rows_abort(view->rows);
        sched_yield();
    }
    view->base = ledger_base(view->rows);
    *out = view;
    return 0;
}

struct ledger_view *ledger_view_open_branch(struct ledger *ledger,
                                            struct ledger_branch *branch)
{
    CHECK_MAGIC(ledger, LEDGER_MAGIC);
    struct ledger_view *view = mem_zero(1, sizeof(*view));
    view->magic = LEDGER_VIEW_MAGIC;
    view->ledger = ledger;
    view->branch = ledger_branch_retain(branch);
    return view;
}

/* The state goes first because its cursors and values lie in the transaction.
 */
void ledger_view_close(struct ledger_view *view)
{
    if (!view)
        return;
    CHECK_MAGIC(view, LEDGER_VIEW_MAGIC);
    state_close(view->state);
    ledger_branch_release(view->branch);
    rows_abort(view->rows);
    view->magic = 0;
    free(view);
}

const struct executed_block *ledger_view_block(const struct ledger_view *view,
                                               uint64_t slot)
{
    return ledger_branch_block(view->branch, slot);
}

const struct bank *ledger_view_bank(const struct ledger_view *view)
{
    return view->branch->bank;
}

/* The tip that clients see: the bank's, which may be after the one on disk. */
const struct bank_info *ledger_view_tip(const struct ledger_view *view)
{
    return bank_info(view->branch->bank);
}

const struct ledger_height *ledger_view_height(const struct ledger_view *view,
                                               enum ledger_level level)
{
    CHECK(level < LEDGER_LEVELS);
    return &view->heights[level];
}

/* Opened when first needed: requests for blocks and signatures need no state.
 */
struct state *ledger_view_state(struct ledger_view *view)
{
    CHECK_MAGIC(view, LEDGER_VIEW_MAGIC);
    CHECK(view->rows);
    if (!view->state)
        view->state = bank_open_state(view->branch->bank, &view->base);
    return view->state;
}

const struct state_base *ledger_view_base(const struct ledger_view *view)
{
    return &view->base;
}

const struct genesis *ledger_view_genesis(const struct ledger_view *view)
{
    return view->ledger->genesis;
}
