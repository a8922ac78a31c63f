/*
 * What a creator orders about a task that is on chain: coins, or its token's
 * tokens, for the bounty; and whether nodes may work on it. Judged before it is
 * sent, made a recipe, and read back from its transaction.
 *
 * The order's key (an Idempotency-Key) gives its name in the journal, so one
 * key is one transaction at most.
 *
 * Pure. Thread: any.
 */
#ifndef POND_NODE_MONEY_CREATOR_ORDER_H
#define POND_NODE_MONEY_CREATOR_ORDER_H

#include "node/money/journal.h"
#include "node/money/recipe.h"

struct creator_order {
    enum journal_kind kind; /* JOURNAL_FUND or JOURNAL_ACTIVE */
    struct pubkey task;
    uint64_t amount; /* FUND: base units, more than 0 */
    bool is_active;  /* ACTIVE: from now on */
};

/* What the chain says of task and wallet. */
struct creator_facts {
    bool is_kpl, is_active, is_migrated;
    struct pubkey token;     /* KPL: the mint */
    struct pubkey stake_pot; /* where the bounty lies */
    uint64_t lamports;       /* of the wallet */
    uint64_t tokens;         /* of the wallet, of that mint */
};

/* In roe, but left: of what the bounty is in. */
struct creator_cost {
    uint64_t fee;      /* of the transaction */
    uint64_t account;  /* a key made for it alone keeps it (recipe_fund()) */
    uint64_t left;     /* in the wallet afterwards */
    const char *field; /* that is at fault; NULL: none */
};

/* What an order costs beside the amount; left is 0. */
struct creator_cost creator_order_cost(enum journal_kind kind, bool is_kpl);

/* Can it be done? ERR_STATE with the reason, and out->field. Who may switch a
 * task on and off is the program's to say: others than the creator may. */
int creator_order_judge(const struct creator_order *order,
                        const struct creator_facts *facts,
                        struct creator_cost *out);

/* The wallet pays and signs, and so does the funder: a key of this order's own,
 * for a bounty in KOII. Errors of the recipe. The recipe is the caller's to
 * free in any case. */
int creator_order_compose(const struct creator_order *order,
                          const struct creator_facts *facts,
                          const struct pubkey *wallet,
                          const struct pubkey *funder, struct recipe *out);

/* The order of a transaction that creator_order_compose() made, and the mint
 * that its amount is in (zeros: KOII; NULL is allowed). ERR_CORRUPT for
 * another. */
int creator_order_read(struct bytes wire, struct creator_order *out,
                       struct pubkey *mint);

/* Why the task program refused to switch a task, by its code (enum task_error):
 * a sentence, or NULL for what this order does not meet. Static. */
const char *creator_order_refusal(enum journal_kind kind, uint32_t custom);

bool creator_order_is_same(const struct creator_order *one,
                           const struct creator_order *other);

/* What the journal calls the order with this key, in whatever case. */
void creator_order_name(const char *key, enum journal_kind kind,
                        struct journal_name *out);

#endif
