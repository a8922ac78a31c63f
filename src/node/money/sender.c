/*
 * The order of steps is the whole point:
 *
 *     journal_find -> sign -> journal_intend -> client_send -> journal_settle
 *
 * A crash before intend leaves nothing: the action is due again and begun anew.
 * A crash after it leaves an open entry with the very bytes: they are sent
 * again, and the chain takes a signature once. A crash between landing and
 * settle looks the same, and ends the same, because the status of the signature
 * is what closes the entry.
 *
 * An entry is given a second transaction only on two answers: the blockhash of
 * the first has expired and the chain does not know its signature; or the chain
 * has executed it with an error, which had no effect.
 *
 * An action has exactly one call to the client under way at any time (its
 * blockhash, its transaction, or, where nothing is to be sent, the slot), or
 * one to the signer, or one write to the journal. So there is one callback that
 * can end it, finish() is reached once, and all have ended when client, signer
 * and writer have closed, in this order.
 *
 * What is not done here: deciding whether an action is still wanted. An entry
 * of an earlier life is sent again even if its window has passed; the program
 * refuses it then, without effect, and the entry is closed. Nor is anything
 * retried without end: an answer that says nothing (a network that is away)
 * ends the sending and leaves the entry open, and the next call for the action
 * goes on with it.
 */
#include "node/money/sender.h"

#include "base/check.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "node/money/sender_book.h"
#include "node/money/transaction_signing.h"

#include <inttypes.h>
#include <stdlib.h>

#define MAGIC 0x53454e44u

/*
 * One action under way. Invariants:
 *
 *  1. It is in the sender's list from add() to finish(), and no other there has
 *     its name.
 *  2. is_written: the entry's row is in the journal, and its bytes there are
 *     those here. Nothing is transmitted before.
 *  3. Without a recipe it can only be sent as it is, never signed anew: that is
 *     an entry of sender_resume(), whose purpose is no longer known.
 *  4. While is_resent the transaction may have landed already. It is cleared
 *     with the first certain answer, after which a new one may be signed.
 */
struct sending {
    struct sending *next;
    struct sender *sender;
    struct journal_entry entry;
    struct recipe recipe;
    uint64_t last_valid_height; /* of the blockhash that is signed */
    uint64_t amount; /* what the recipe moves; the entry's once it is signed */
    bool has_recipe; /* not for entries taken up at the start */
    bool is_written; /* the entry is in the journal */
    bool is_resent;  /* bytes of an earlier life or try are under way */
    sender_done *done;
    void *user;
};

/* client and journal are borrowed and outlive it, but for the end: the client
 * is closed first, which empties the list. */
struct sender {
    unsigned magic;
    struct client *client;
    struct journal *journal;       /* to read */
    struct journal_writer *writer; /* to write */
    struct signer *signer;
    uint64_t slot;
    struct sending *sendings;
    bool is_closing; /* nothing more is transmitted */
};

/* Borrows all of them for its life. */
struct sender *sender_new(struct client *client, struct journal *journal,
                          struct journal_writer *writer, struct signer *signer)
{
    struct sender *sender = mem_zero(1, sizeof(*sender));

    sender->magic = MAGIC;
    sender->client = client;
    sender->journal = journal;
    sender->writer = writer;
    sender->signer = signer;
    return sender;
}

/* Entries taken up at the start have no recipe: they can only be resent. */
static void sending_free(struct sending *sending)
{
    if (sending->has_recipe)
        recipe_free(&sending->recipe);
    free(sending);
}

/* A write that is on its way is not followed by a transmission. */
void sender_stop(struct sender *sender)
{
    CHECK_MAGIC(sender, MAGIC);
    sender->is_closing = true;
}

/* Those of the client's have ended with ERR_CANCELLED, the others with their
 * writes. */
void sender_free(struct sender *sender)
{
    CHECK_MAGIC(sender, MAGIC);
    CHECK(!sender->sendings);
    sender->magic = 0;
    free(sender);
}

/* Entries are dated with it; nothing is decided by it. */
void sender_slot(struct sender *sender, uint64_t slot)
{
    CHECK_MAGIC(sender, MAGIC);
    sender->slot = slot;
}

/* A handful at a time: a list is enough. */
static struct sending *find(const struct sender *sender,
                            const struct journal_name *name)
{
    for (struct sending *at = sender->sendings; at; at = at->next) {
        const struct journal_name *own = &at->entry.name;

        if (own->round == name->round && own->kind == name->kind &&
            own->part == name->part && pubkey_equal(&own->task, &name->task) &&
            pubkey_equal(&own->target, &name->target))
            return at;
    }
    return NULL;
}

/* By name, not by transaction: a renewed one is the same action. */
bool sender_is_sending(const struct sender *sender,
                       const struct journal_name *name)
{
    CHECK_MAGIC(sender, MAGIC);
    return find(sender, name) != NULL;
}

/* For the status. */
size_t sender_pending(const struct sender *sender)
{
    size_t count = 0;

    CHECK_MAGIC(sender, MAGIC);
    for (struct sending *at = sender->sendings; at; at = at->next)
        count++;
    return count;
}

/* Taken out of the list first: done may send the next thing of the same
 * name. */
static void finish(struct sending *sending, const struct sender_result *result)
{
    struct sending **at = &sending->sender->sendings;

    while (*at != sending)
        at = &(*at)->next;
    *at = sending->next;
    if (sending->done)
        sending->done(sending->user, result);
    sending_free(sending);
}

/* One signature count byte, a signature, and something that is signed. What
 * this program wrote has that; a row of a damaged journal may not. */
static bool has_transaction(const struct journal_entry *entry)
{
    return entry->transaction_size > 1 + sizeof(entry->signature);
}

/* An entry to be closed, and what its sending ends with then. */
struct closing {
    struct sending *sending;
    enum journal_state state;
    uint64_t slot;
    struct sender_result result; /* its text is owned */
};

static int write_closing(struct journal *journal, void *user)
{
    const struct closing *closing = user;
    const char *detail =
        closing->state == JOURNAL_FAILED ? closing->result.text : NULL;

    return journal_settle(journal, closing->sending->entry.id, closing->state,
                          closing->slot, detail);
}

/* An entry that can't be closed is closed after the next start: what the chain
 * says does not change. */
static void on_closing_written(void *user, int status)
{
    struct closing *closing = user;

    if (status)
        log_error("journal", "%s", err_text());
    finish(closing->sending, &closing->result);
    free((char *)closing->result.text);
    free(closing);
}

/* Close the entry, call back, and forget the action. */
static void settle(struct sending *sending, enum journal_state state,
                   const struct sender_result *result)
{
    struct sender *sender = sending->sender;
    struct closing *closing;

    CHECK(state != JOURNAL_OPEN);
    if (!sending->is_written) {
        finish(sending, result);
        return;
    }
    closing = mem_zero(1, sizeof(*closing));
    closing->sending = sending;
    closing->state = state;
    closing->slot = result->slot ? result->slot : sender->slot;
    closing->result = *result;
    closing->result.text = mem_text(result->text);
    journal_writer_run(sender->writer, write_closing, on_closing_written,
                       closing);
}

static void ask_blockhash(struct sending *sending);

/* sent->error is set where the transaction itself failed: in a simulation,
 * which sent nothing, or on chain, where it had no effect but the fee. */
static void on_sent(void *user, int status, const struct client_sent *sent)
{
    struct sending *sending = user;
    struct sender_result result = {
        .status = status,
        .custom = sent->custom,
        .text = status < 0 ? err_text() : "",
        .slot = sent->slot,
    };

    if (sent->slot && has_transaction(&sending->entry))
        sender_book_fee(sending->sender->writer, &sending->entry, sent->slot);
    if (!status) {
        sender_book_moved(sending->sender->writer, &sending->entry, sent->slot);
        settle(sending, JOURNAL_FINAL, &result);
        return;
    }
    /* Only an error of the transaction itself is an end of it: an endpoint
     * that is too busy, say, may have taken it from an earlier try. */
    bool is_over =
        status == ERR_TIMEOUT || (status == ERR_REMOTE && sent->error);
    if (is_over && sending->is_resent && sending->has_recipe) {
        sending->is_resent = false;
        ask_blockhash(sending);
        return;
    }
    if (is_over) {
        settle(sending, JOURNAL_FAILED, &result);
        return;
    }
    log_debug("sender", "%s of round %" PRIu64 " is not known: %s",
              journal_kind_name(sending->entry.name.kind),
              sending->entry.name.round, result.text);
    finish(sending, &result);
}

/* Finalized: what is closed must not come open again by a fork. */
static void transmit(struct sending *sending)
{
    const struct client_send_options options = {
        .commitment = CLIENT_FINALIZED,
        /* A simulation would refuse what has landed already. */
        .skip_preflight = sending->is_resent,
        .last_valid_block_height = sending->entry.last_valid_height,
    };

    CHECK(sending->is_written && has_transaction(&sending->entry));
    client_send(
        sending->sender->client,
        bytes_make(sending->entry.transaction, sending->entry.transaction_size),
        &options, on_sent, sending);
}

/* On the pool: nothing else touches the entry meanwhile. */
static int write_entry(struct journal *journal, void *user)
{
    struct sending *sending = user;

    return sending->is_written ? journal_renew(journal, &sending->entry)
                               : journal_intend(journal, &sending->entry);
}

/* An end before anything of this try was sent: a new action has left no trace,
 * a renewed one is as it was. */
static void end_unsent(struct sending *sending, int status)
{
    const struct sender_result result = {.status = status, .text = err_text()};

    finish(sending, &result);
}

/* The write stands between signing and sending, always. A transaction that is
 * not transmitted now is sent after the next start. */
static void on_entry_written(void *user, int status)
{
    struct sending *sending = user;

    if (status) {
        end_unsent(sending, status);
        return;
    }
    sending->is_written = true;
    if (sending->sender->is_closing)
        end_unsent(sending, err_set(ERR_CANCELLED, "the sender is stopping"));
    else
        transmit(sending);
}

/* The signed transaction goes into the entry: one byte that counts the
 * signatures, then the payer's. */
static void take_wire(struct sending *sending, struct bytes wire)
{
    struct journal_entry *entry = &sending->entry;

    CHECK(wire.size <= sizeof(entry->transaction));
    memcpy(entry->transaction, wire.data, wire.size);
    entry->transaction_size = wire.size;
    CHECK(has_transaction(entry));
    entry->last_valid_height = sending->last_valid_height;
    entry->slot = sending->sender->slot;
    entry->amount = sending->amount;
    memcpy(entry->signature.bytes, wire.data + 1, 64);
}

/* Nothing was sent yet, so an end here leaves no trace. */
static void on_signed(void *user, int status, struct bytes wire)
{
    struct sending *sending = user;

    if (!status && sending->sender->is_closing)
        status = err_set(ERR_CANCELLED, "the sender is stopping");
    if (status) {
        end_unsent(sending, status);
        return;
    }
    take_wire(sending, wire);
    journal_writer_run(sending->sender->writer, write_entry, on_entry_written,
                       sending);
}

/* The entry stays as it is until all signatures have come. */
static void on_blockhash(void *user, int status,
                         const struct client_blockhash *blockhash)
{
    struct sending *sending = user;
    struct buffer message = {0};

    if (!status)
        status =
            recipe_message(&sending->recipe, &blockhash->blockhash, &message);
    if (status) {
        end_unsent(sending, status);
    } else {
        sending->last_valid_height = blockhash->last_valid_block_height;
        transaction_signing_start(sending->sender->signer,
                                  buffer_view(&message), on_signed, sending);
    }
    buffer_free(&message);
}

/* For each action a fresh one: it lives as long as it can. */
static void ask_blockhash(struct sending *sending)
{
    CHECK(sending->has_recipe);
    client_latest_blockhash(sending->sender->client, on_blockhash, sending);
}

/* In no order: each goes its own way. The caller has made sure with find() that
 * the name is free. */
static struct sending *add(struct sender *sender)
{
    struct sending *sending = mem_zero(1, sizeof(*sending));

    sending->sender = sender;
    sending->next = sender->sendings;
    sender->sendings = sending;
    return sending;
}

/* Collected first and sent afterwards: the visit must not use the journal. */
static int take_up(void *user, const struct journal_entry *entry)
{
    struct sending *sending = add(user);

    sending->entry = *entry;
    sending->is_written = true;
    sending->is_resent = true;
    return 0;
}

/* An entry without the bytes that may have been sent: there is nothing to send
 * again. Closed as failed, so that the action is begun anew where it is still
 * due; what the chain has already it refuses then, or its state shows. */
static void drop(struct sending *sending)
{
    const struct sender_result result = {
        .status = ERR_CORRUPT, .text = "the journal's entry is damaged"};

    log_error("sender",
              "entry %" PRId64 " of the journal, %s of round %" PRIu64
              ", is damaged: it holds no transaction, and is dropped",
              sending->entry.id, journal_kind_name(sending->entry.name.kind),
              sending->entry.name.round);
    settle(sending, JOURNAL_FAILED, &result);
}

/* Before anything else is sent: a new action must not overtake its own past. An
 * error of the journal is returned, but what had been read by then goes on. */
int sender_resume(struct sender *sender)
{
    struct sending *at, *next;

    CHECK_MAGIC(sender, MAGIC);
    CHECK(!sender->sendings);
    int status = journal_each_open(sender->journal, take_up, sender);
    for (at = sender->sendings; at; at = next) {
        next = at->next;
        if (!has_transaction(&at->entry)) {
            drop(at);
            continue;
        }
        log_info("sender", "taking up %s of round %" PRIu64 " again",
                 journal_kind_name(at->entry.name.kind), at->entry.name.round);
        transmit(at);
    }
    return status;
}

/* Where the action was final before anything was sent, the answer comes from
 * the endpoint's next word, so that done is never called from inside. */
static void on_slot(void *user, int status, uint64_t slot)
{
    const struct sender_result result = {.status = 0, .text = ""};

    finish(user, &result);
}

/* The journal decides what is sent, not the caller: see the table in the
 * header. */
int sender_send(struct sender *sender, const struct journal_name *name,
                uint64_t amount, struct recipe *recipe, sender_done *done,
                void *user)
{
    struct journal_entry found;

    CHECK_MAGIC(sender, MAGIC);
    if (sender->is_closing) {
        recipe_free(recipe);
        return err_set(ERR_CANCELLED, "the sender is stopping");
    }
    if (find(sender, name)) {
        recipe_free(recipe);
        return err_set(ERR_BUSY, "this %s is under way",
                       journal_kind_name(name->kind));
    }
    int status = journal_find(sender->journal, name, &found);
    if (status && status != ERR_NOT_FOUND) {
        recipe_free(recipe);
        return status;
    }
    struct sending *sending = add(sender);
    sending->recipe = *recipe;
    memset(recipe, 0, sizeof(*recipe));
    sending->has_recipe = true;
    sending->amount = amount;
    sending->done = done;
    sending->user = user;
    if (status == ERR_NOT_FOUND) {
        sending->entry.name = *name;
        ask_blockhash(sending);
        return 0;
    }
    /* As long as its bytes are sent the amount is the entry's own, not this
     * call's: it belongs to what was signed under this name. */
    sending->entry = found;
    sending->is_written = true;
    if (found.state == JOURNAL_FINAL) {
        client_slot(sender->client, CLIENT_PROCESSED, on_slot, sending);
    } else if (found.state == JOURNAL_OPEN && has_transaction(&found)) {
        sending->is_resent = true;
        transmit(sending);
    } else {
        ask_blockhash(sending);
    }
    return 0;
}

/* Without a recipe: see the invariants of struct sending. */
int sender_resend(struct sender *sender, const struct journal_name *name,
                  sender_done *done, void *user)
{
    struct journal_entry found;

    CHECK_MAGIC(sender, MAGIC);
    if (sender->is_closing)
        return err_set(ERR_CANCELLED, "the sender is stopping");
    if (find(sender, name))
        return err_set(ERR_BUSY, "this %s is under way",
                       journal_kind_name(name->kind));
    int status = journal_find(sender->journal, name, &found);
    if (!status && (found.state != JOURNAL_OPEN || !has_transaction(&found)))
        status = ERR_NOT_FOUND;
    if (status)
        return status;
    struct sending *sending = add(sender);
    sending->entry = found;
    sending->is_written = true;
    sending->is_resent = true;
    sending->done = done;
    sending->user = user;
    transmit(sending);
    return 0;
}
