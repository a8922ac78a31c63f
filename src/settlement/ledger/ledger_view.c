/*
 * Views: a read transaction of LMDB and a published bank that belong together.
 *
 * The disk must hold at least what lies under the bank's lowest layer, and not
 * more than the bank itself (state.h). The view of the disk is opened first. If
 * a flush and a publication in between put the pair out of step, both are taken
 * again. That window is a few microseconds wide because a flush is published as
 * soon as it is on disk.
 *
 * A view is cheap (a reader's slot in LMDB's table and a reference to a bank),
 * so each request has its own. A view that stays open keeps LMDB from reusing
 * pages that later flushes free, and keeps the layers of its bank.
 */
#include "settlement/ledger/ledger_internal.h"

#include "base/check.h"
#include "base/lock.h"
#include "base/memory.h"
#include <sched.h>
#include <stdlib.h>

/* Two conditions must hold. base_slot <= settled_slot: the table of the state
 * has what lies under the lowest layer; pending rows do not count. tip <= bank:
 * otherwise rows of a later block would show through.
 *
 * The loop ends: the second fails only between a commit and the
 * ledger_publish() that follows, and the first only until a view is newer than
 * the settling that let the base slot rise. So the tries need no limit. */
int ledger_view_open(struct ledger *ledger, struct ledger_view **out)
{
    CHECK_MAGIC(ledger, LEDGER_MAGIC);
    struct rows_view *rows;
    struct bank *bank;
    for (;;) {
        struct ledger_tip tip;
        int status = rows_read(ledger->rows, &rows);
        if (status)
            return status;
        status = ledger_tip_read(rows, &tip);
        if (status) {
            rows_abort(rows);
            return status;
        }
        lock_take(&ledger->lock);
        bank = bank_retain(ledger->newest);
        uint64_t base_slot = ledger->base_slot;
        lock_give(&ledger->lock);
        if (base_slot <= tip.settled_slot && tip.slot <= bank_info(bank)->slot)
            break;
        /* Release both, or they would hold pages and layers for nothing. */
        bank_release(bank);
        rows_abort(rows);
        sched_yield();
    }
    struct ledger_view *view = mem_zero(1, sizeof(*view));
    view->magic = LEDGER_VIEW_MAGIC;
    view->ledger = ledger;
    view->rows = rows;
    view->bank = bank;
    view->base = ledger_base(rows);
    *out = view;
    return 0;
}

/* The state goes first because its cursors and values lie in the transaction.
 */
void ledger_view_close(struct ledger_view *view)
{
    if (!view)
        return;
    CHECK_MAGIC(view, LEDGER_VIEW_MAGIC);
    state_close(view->state);
    bank_release(view->bank);
    rows_abort(view->rows);
    view->magic = 0;
    free(view);
}

const struct bank *ledger_view_bank(const struct ledger_view *view)
{
    return view->bank;
}

/* The tip that clients see: the bank's, which may be after the one on disk. */
const struct bank_info *ledger_view_tip(const struct ledger_view *view)
{
    return bank_info(view->bank);
}

/* Opened when first needed: requests for blocks and signatures need no state.
 */
struct state *ledger_view_state(struct ledger_view *view)
{
    CHECK_MAGIC(view, LEDGER_VIEW_MAGIC);
    if (!view->state)
        view->state = bank_open_state(view->bank, &view->base);
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
