#include "node/node_transfers.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "node/money/journal_earning.h"
#include "node/node_catalog.h"

#include <stdlib.h>

/* Between two tries of what the endpoint gave no answer to. */
#define AGAIN_MS 10000
/* Orders of this life that are remembered beside the journal, which does not
 * say why one failed. */
#define RECENT_MAX 32
/* Open orders that are taken up at a time; the next ones later. */
#define OPEN_MAX 16
/* JSON-RPC 2.0, 5.1: the method is there, and its parameters are wrong. */
#define INVALID_PARAMS (-32602)

/* What is ordered: the one that the kind of its name says. */
struct order {
    struct transfer transfer;
    struct creator_order creator;
};

/* An order of this life. */
struct recent {
    struct journal_name name;
    struct order order;
    bool is_failed; /* with text */
    char text[256];
};

/*
 * Invariants: recent[0 .. recent_count) are by the order in which they began,
 * next_recent is the oldest once all are taken. may_be_open is set while the
 * journal may have an open order that nobody sends.
 */
struct node_transfers {
    struct node *node;
    struct recent recent[RECENT_MAX];
    size_t recent_count, next_recent;
    bool may_be_open;
    uint64_t looked_ms; /* for open ones, monotonic */
    enum { FAUCET_UNKNOWN, FAUCET_ASKED, FAUCET_NONE, FAUCET_THERE } faucet;
    uint64_t faucet_asked_ms;
};

struct node_transfers *node_transfers_new(struct node *node)
{
    struct node_transfers *transfers = mem_zero(1, sizeof(*transfers));

    transfers->node = node;
    transfers->may_be_open = true;
    return transfers;
}

void node_transfers_free(struct node_transfers *transfers)
{
    free(transfers);
}

static bool is_name(const struct journal_name *one,
                    const struct journal_name *other)
{
    return one->kind == other->kind &&
           pubkey_equal(&one->target, &other->target);
}

static struct recent *find_recent(struct node_transfers *transfers,
                                  const struct journal_name *name)
{
    for (size_t i = 0; i < transfers->recent_count; i++)
        if (is_name(&transfers->recent[i].name, name))
            return &transfers->recent[i];
    return NULL;
}

static struct recent *remember(struct node_transfers *transfers,
                               const struct journal_name *name,
                               const struct order *order)
{
    struct recent *recent = find_recent(transfers, name);

    if (!recent) {
        recent = &transfers->recent[transfers->next_recent];
        transfers->next_recent = (transfers->next_recent + 1) % RECENT_MAX;
        if (transfers->recent_count < RECENT_MAX)
            transfers->recent_count++;
    }
    *recent = (struct recent){.name = *name, .order = *order};
    return recent;
}

static bool is_same_transfer(const struct transfer *one,
                             const struct transfer *other)
{
    return pubkey_equal(&one->from, &other->from) &&
           pubkey_equal(&one->to, &other->to) && one->amount == other->amount &&
           one->is_token == other->is_token &&
           pubkey_equal(&one->mint, &other->mint);
}

static bool is_same(enum journal_kind kind, const struct order *one,
                    const struct order *other)
{
    return kind == JOURNAL_TRANSFER
               ? is_same_transfer(&one->transfer, &other->transfer)
               : creator_order_is_same(&one->creator, &other->creator);
}

static int read_order(const struct journal_entry *entry, struct order *out)
{
    struct bytes wire = bytes_make(entry->transaction, entry->transaction_size);

    return entry->name.kind == JOURNAL_TRANSFER
               ? transfer_read(wire, &out->transfer)
               : creator_order_read(wire, &out->creator, NULL);
}

/* ---- sending ---- */

struct sent {
    struct node_transfers *transfers;
    struct journal_name name;
};

/* What is open in the journal is sent again by the tick; everything else has
 * ended, or was never written. */
static void on_sent(void *user, const struct sender_result *result)
{
    struct sent *sent = user;
    struct node_transfers *transfers = sent->transfers;
    struct recent *recent = find_recent(transfers, &sent->name);
    const char *refusal =
        creator_order_refusal(sent->name.kind, result->custom);
    const char *text = refusal ? refusal : result->text;

    if (result->status)
        log_warn("node", "%s: %s", journal_kind_name(sent->name.kind), text);
    else if (sent->name.kind != JOURNAL_TRANSFER)
        node_catalog_forget(transfers->node->catalog);
    if (recent && result->status) {
        recent->is_failed = true;
        snprintf(recent->text, sizeof(recent->text), "%s", text);
    }
    if (result->status && result->status != ERR_REMOTE)
        transfers->may_be_open = true;
    free(sent);
}

static struct sent *sent_new(struct node_transfers *transfers,
                             const struct journal_name *name)
{
    struct sent *sent = mem_zero(1, sizeof(*sent));

    *sent = (struct sent){.transfers = transfers, .name = *name};
    return sent;
}

/* 0: begun. An order of this name has no entry yet. */
static int begin(struct node *node, const struct journal_name *name,
                 const struct order *order, uint64_t amount,
                 struct recipe *recipe)
{
    struct node_transfers *transfers = node->transfers;
    struct sent *sent = sent_new(transfers, name);
    int status =
        sender_send(node->parts.sender, name, amount, recipe, on_sent, sent);

    if (status)
        free(sent);
    else
        remember(transfers, name, order);
    return status;
}

/* One that was refused by the chain is over: whoever wants to try again orders
 * another, so that a key never has two transactions. *is_new: there was none,
 * and it may begin. */
static int find_before(struct node *node, const struct journal_name *name,
                       const struct order *order, bool *is_new)
{
    struct journal_entry entry;
    const struct recent *recent = find_recent(node->transfers, name);
    struct order before = recent ? recent->order : (struct order){0};

    *is_new = false;
    if (node->is_stopping)
        return err_set(ERR_CANCELLED, "the node is stopping");
    int status = journal_find(node->parts.journal, name, &entry);
    if (status == ERR_NOT_FOUND) {
        *is_new = !sender_is_sending(node->parts.sender, name);
        status = 0; /* or it is being signed */
    } else if (!status) {
        status = read_order(&entry, &before);
    }
    if (!status && !*is_new && !is_same(name->kind, &before, order))
        status = err_set(ERR_EXISTS, "that key is another order's");
    return status;
}

int node_transfers_send(struct node *node, const char *key,
                        const struct transfer *transfer)
{
    const struct order order = {.transfer = *transfer};
    struct journal_name name;
    struct recipe recipe;
    bool is_new;

    transfer_name(key, &name);
    int status = find_before(node, &name, &order, &is_new);
    if (status || !is_new)
        return status;
    transfer_compose(transfer, &recipe);
    return begin(node, &name, &order, transfer->amount, &recipe);
}

int node_transfers_send_order(struct node *node, const char *key,
                              const struct creator_order *creator,
                              struct recipe *recipe)
{
    const struct order order = {.creator = *creator};
    struct journal_name name;
    bool is_new;

    creator_order_name(key, creator->kind, &name);
    int status = find_before(node, &name, &order, &is_new);
    if (!status && is_new)
        return begin(node, &name, &order, creator->amount, recipe);
    recipe_free(recipe);
    return status;
}

struct open {
    struct journal_name names[OPEN_MAX];
    size_t count;
};

static int note_open(void *user, const struct journal_entry *entry)
{
    struct open *open = user;

    if (entry->name.kind >= JOURNAL_TRANSFER && open->count < OPEN_MAX)
        open->names[open->count++] = entry->name;
    return 0;
}

void node_transfers_expect(struct node *node)
{
    node->transfers->may_be_open = true;
}

/* What is being signed is in no journal yet. */
void node_transfers_tick(struct node *node)
{
    struct node_transfers *transfers = node->transfers;
    uint64_t now_ms = clock_monotonic_ms();
    struct open open = {0};

    if (!transfers->may_be_open || now_ms - transfers->looked_ms < AGAIN_MS)
        return;
    transfers->looked_ms = now_ms;
    if (journal_each_open(node->parts.journal, note_open, &open)) {
        log_error("journal", "%s", err_text());
        return;
    }
    transfers->may_be_open =
        open.count > 0 || sender_pending(node->parts.sender) > 0;
    for (size_t i = 0; i < open.count; i++) {
        struct sent *sent = sent_new(transfers, &open.names[i]);

        if (sender_resend(node->parts.sender, &open.names[i], on_sent, sent))
            free(sent);
    }
    err_clear();
}

/* ---- how it goes ---- */

static int look_up(struct node *node, const struct journal_name *name,
                   struct api_order_state *out, struct order *order)
{
    struct journal_entry entry;
    const struct recent *recent = find_recent(node->transfers, name);
    int status = journal_find(node->parts.journal, name, &entry);

    *out = (struct api_order_state){.state = "running"};
    if (status && status != ERR_NOT_FOUND)
        return status;
    if (status && !recent)
        return err_set(ERR_NOT_FOUND, "there is no order with that key");
    if (recent) {
        *order = recent->order;
        snprintf(out->text, sizeof(out->text), "%s", recent->text);
    }
    if (status) {
        if (recent->is_failed)
            out->state = "failed";
        return 0;
    }
    out->is_sent = true;
    out->signature = entry.signature;
    out->state = entry.state == JOURNAL_FINAL    ? "done"
                 : entry.state == JOURNAL_FAILED ? "failed"
                                                 : "running";
    out->slot = entry.state == JOURNAL_OPEN ? 0 : entry.slot;
    if (entry.state != JOURNAL_FAILED)
        out->text[0] = 0;
    return read_order(&entry, order);
}

int node_transfers_state(struct node *node, const char *key,
                         struct api_transfer_state *out)
{
    struct journal_name name;
    struct order order = {0};

    transfer_name(key, &name);
    int status = look_up(node, &name, &out->order, &order);
    out->transfer = order.transfer;
    return status;
}

int node_transfers_creator_state(struct node *node, const char *key,
                                 enum journal_kind kind,
                                 struct api_creator_state *out)
{
    struct journal_name name;
    struct order order = {0};

    creator_order_name(key, kind, &name);
    int status = look_up(node, &name, &out->order, &order);
    out->creator = order.creator;
    return status;
}

/* ---- the faucet ---- */

/* Without parameters nothing is given; what the endpoint objects to says
 * whether it has the method. */
static void on_probed(void *user, int status, struct json_object *result)
{
    struct node *node = user;
    struct node_transfers *transfers = node->transfers;

    if (node->is_stopping)
        return;
    if (status != ERR_REMOTE)
        transfers->faucet = FAUCET_UNKNOWN;
    else
        transfers->faucet =
            client_remote_code(node->parts.client) == INVALID_PARAMS
                ? FAUCET_THERE
                : FAUCET_NONE;
    err_clear();
}

/* Public networks are not asked: their coins are money. */
static bool is_private(const struct node *node)
{
    return !strcmp(node->options.network_name, "private");
}

bool node_transfers_has_faucet(struct node *node)
{
    struct node_transfers *transfers = node->transfers;
    uint64_t now_ms = clock_monotonic_ms();

    if (!is_private(node))
        return false;
    if (transfers->faucet == FAUCET_UNKNOWN && !node->is_stopping &&
        (!transfers->faucet_asked_ms ||
         now_ms - transfers->faucet_asked_ms >= AGAIN_MS)) {
        transfers->faucet = FAUCET_ASKED;
        transfers->faucet_asked_ms = now_ms;
        client_call(node->parts.client, "requestAirdrop", "[]", on_probed,
                    node);
    }
    return transfers->faucet == FAUCET_THERE;
}

struct gift {
    struct node *node;
    uint64_t roe;
    api_done *done;
    void *user;
};

static int write_gift(struct journal *journal, void *user)
{
    return journal_earning_note(journal, user);
}

static void on_gift_written(void *user, int status)
{
    if (status)
        log_error("journal", "%s", err_text());
    free(user);
}

static void note_gift(const struct gift *gift, const struct client_sent *sent)
{
    struct journal_earning *earning = mem_zero(1, sizeof(*earning));

    earning->kind = JOURNAL_FAUCET;
    earning->round = JOURNAL_EARNING_NO_ROUND;
    journal_earning_sign(earning, &sent->signature);
    earning->at_ms = clock_unix_ms();
    earning->slot = sent->slot;
    earning->amount = gift->roe;
    snprintf(earning->unit, sizeof(earning->unit), "KOII");
    journal_writer_run(gift->node->parts.writer, write_gift, on_gift_written,
                       earning);
}

static void on_given(void *user, int status, const struct client_sent *sent)
{
    struct gift *gift = user;

    if (!status)
        note_gift(gift, sent);
    gift->done(gift->user, status);
    free(gift);
}

int node_transfers_faucet(struct node *node, uint64_t roe, api_done *done,
                          void *user)
{
    if (node->is_stopping)
        return err_set(ERR_CANCELLED, "the node is stopping");
    if (!is_private(node) || node->transfers->faucet == FAUCET_NONE)
        return err_set(ERR_UNSUPPORTED, "this network has no faucet");
    struct gift *gift = mem_zero(1, sizeof(*gift));

    *gift = (struct gift){.node = node, .roe = roe, .done = done, .user = user};
    client_airdrop(node->parts.client, signer_main(node->parts.signer), roe,
                   on_given, gift);
    return 0;
}
