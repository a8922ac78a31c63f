#include "node/money/sender_book.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "node/money/creator_order.h"
#include "node/money/journal_earning.h"
#include "node/money/transfer.h"

#include <stdio.h>
#include <stdlib.h>

/* Solana's fee of a signature, and K2's, in roe (settlement/bank/bank.h has it
 * for Pond's own chain). Recipes offer no fee for priority. */
#define FEE_PER_SIGNATURE_ROE 5000

static int write_earning(struct journal *journal, void *user)
{
    return journal_earning_note(journal, user);
}

static void on_earning_written(void *user, int status)
{
    if (status)
        log_error("journal", "%s", err_text());
    free(user);
}

/* An entry of the account book about what was executed. Written before the
 * action is closed: after a crash between the two it is noted again, which
 * changes nothing. */
static struct journal_earning *earning_of(const struct journal_entry *entry,
                                          enum journal_earning_kind kind,
                                          uint64_t slot)
{
    struct journal_earning *earning = mem_zero(1, sizeof(*earning));

    earning->task = entry->name.task;
    earning->round = entry->name.kind >= JOURNAL_STAKE
                         ? JOURNAL_EARNING_NO_ROUND
                         : entry->name.round;
    earning->kind = kind;
    journal_earning_sign(earning, &entry->signature);
    earning->at_ms = clock_unix_ms();
    earning->slot = slot;
    snprintf(earning->unit, sizeof(earning->unit), "KOII");
    return earning;
}

static bool is_creators(const struct journal_entry *entry)
{
    return entry->name.kind == JOURNAL_FUND ||
           entry->name.kind == JOURNAL_ACTIVE;
}

/* A creator's order is journalled under no task, and is booked under the one
 * that it is about. */
static void set_task(const struct journal_entry *entry,
                     struct journal_earning *earning)
{
    struct creator_order order;

    if (is_creators(entry) &&
        !creator_order_read(
            bytes_make(entry->transaction, entry->transaction_size), &order,
            NULL))
        earning->task = order.task;
}

static void note(struct journal_writer *writer,
                 const struct journal_entry *entry,
                 struct journal_earning *earning)
{
    set_task(entry, earning);
    journal_writer_run(writer, write_earning, on_earning_written, earning);
}

void sender_book_fee(struct journal_writer *writer,
                     const struct journal_entry *entry, uint64_t slot)
{
    struct journal_earning *fee = earning_of(entry, JOURNAL_FEE, slot);

    fee->reason = journal_kind_name(entry->name.kind);
    /* The first byte counts the signatures, of which there are a few. */
    fee->amount = FEE_PER_SIGNATURE_ROE * (uint64_t)entry->transaction[0];
    note(writer, entry, fee);
}

/* What an account that is made for one transaction keeps. It is an entry of its
 * own, so its reference is none of the fee's. */
static void note_account(struct journal_writer *writer,
                         const struct journal_entry *entry, uint64_t slot,
                         uint64_t roe)
{
    struct journal_earning *cost = earning_of(entry, JOURNAL_FEE, slot);

    cost->reason = "account";
    cost->reference.bytes[0] ^= 1;
    cost->amount = roe;
    note(writer, entry, cost);
}

static void note_sent(struct journal_writer *writer,
                      const struct journal_entry *entry,
                      enum journal_earning_kind kind, uint64_t slot,
                      uint64_t amount, const struct pubkey *mint)
{
    struct journal_earning *sent = earning_of(entry, kind, slot);

    sent->amount = amount;
    if (mint)
        snprintf(sent->unit, sizeof(sent->unit), "%s", PUBKEY_TEXT(mint));
    note(writer, entry, sent);
}

static void note_fund(struct journal_writer *writer,
                      const struct journal_entry *entry, uint64_t slot)
{
    static const struct pubkey koii;
    struct creator_order order;
    struct pubkey mint;

    if (creator_order_read(
            bytes_make(entry->transaction, entry->transaction_size), &order,
            &mint))
        return;
    bool is_kpl = !pubkey_equal(&mint, &koii);
    uint64_t account = creator_order_cost(JOURNAL_FUND, is_kpl).account;

    note_sent(writer, entry, JOURNAL_FUNDED, slot, order.amount,
              is_kpl ? &mint : NULL);
    if (account)
        note_account(writer, entry, slot, account);
}

void sender_book_moved(struct journal_writer *writer,
                       const struct journal_entry *entry, uint64_t slot)
{
    struct transfer transfer;

    if (entry->name.kind == JOURNAL_FUND)
        note_fund(writer, entry, slot);
    else if (entry->name.kind == JOURNAL_EMPTY)
        note_sent(writer, entry, JOURNAL_CLAIMED, slot, entry->amount, NULL);
    else if (entry->name.kind == JOURNAL_TRANSFER &&
             !transfer_read(
                 bytes_make(entry->transaction, entry->transaction_size),
                 &transfer))
        note_sent(writer, entry, JOURNAL_SENT, slot, transfer.amount,
                  transfer.is_token ? &transfer.mint : NULL);
}
