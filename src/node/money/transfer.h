/*
 * Coins or tokens that the operator sends to somebody: what is asked, what the
 * chain says about both ends, whether it can be, and what is to be said before.
 *
 * A transfer has a key, the UUID that it was ordered with. Its name in the
 * journal follows from that alone, so the same order is the same transaction at
 * most, also after a crash.
 *
 * Nothing here asks the chain. Thread: any.
 */
#ifndef POND_NODE_MONEY_TRANSFER_H
#define POND_NODE_MONEY_TRANSFER_H

#include "node/money/journal.h"
#include "node/money/recipe.h"

/* What a transfer costs in any case, in roe: one signature (Solana's fee, and
 * K2's). */
#define TRANSFER_FEE_ROE 5000

struct transfer {
    struct pubkey from; /* a wallet; pays the fee, too */
    struct pubkey to;   /* a wallet, also of tokens */
    uint64_t amount;    /* roe, or base units of the token */
    bool is_token;
    struct pubkey mint; /* of the token */
};

/* What the chain, the journal and the wallet say of it. */
struct transfer_facts {
    uint64_t lamports; /* of from */
    bool to_exists;
    bool to_is_program;     /* can be run, and can't be sent anything */
    struct pubkey to_owner; /* the program that it belongs to */
    uint64_t to_lamports;
    bool to_is_own_staking; /* of this node: what is there can only be staked */
    uint64_t sent_before;   /* transfers from here to it that are final */
    /* Of tokens: */
    bool is_mint;      /* there is such a token */
    uint64_t tokens;   /* that from has */
    bool to_has_token; /* to has an account for them */
};

enum transfer_warning {
    TRANSFER_NEVER_SENT = 1 << 0, /* nothing went there from here yet */
    TRANSFER_NEW = 1 << 1,        /* no account there yet: it will be made */
    TRANSFER_SELF = 1 << 2,       /* to the wallet that sends */
    TRANSFER_OWN_STAKING = 1 << 3,
    TRANSFER_OWNED = 1 << 4,    /* the account belongs to a program, which alone
                                   can move what comes there */
    TRANSFER_KEYLESS = 1 << 5,  /* no secret can belong to the address */
    TRANSFER_BURN = 1 << 6,     /* what comes there is destroyed */
    TRANSFER_FEES_LOW = 1 << 7, /* little is left for fees */
};
/* "never_sent", ... in the order of their bits; NULL at the end. */
extern const char *const transfer_warning_names[];

struct transfer_verdict {
    const char *field; /* at fault, if it can't be: "to", "amount", "unit" */
    uint64_t fee;      /* roe */
    uint64_t rent;     /* roe, for an account that is made for tokens */
    uint64_t left;     /* of KOII, or of the token, afterwards */
    unsigned warnings; /* of enum transfer_warning */
};

/* ERR_STATE: the chain would refuse it; the text says why and what to do, and
 * field is set. */
int transfer_judge(const struct transfer *transfer,
                   const struct transfer_facts *facts,
                   struct transfer_verdict *out);

/* The transaction: recipe_init() is done here, and recipe_free() is the
 * caller's. */
void transfer_compose(const struct transfer *transfer, struct recipe *out);

/* What a transaction of transfer_compose() in wire format moves. ERR_CORRUPT
 * for any other. */
int transfer_read(struct bytes wire, struct transfer *out);

/* How the journal calls the transfer with that key, in whatever case its
 * letters are. */
void transfer_name(const char *key, struct journal_name *out);

/* How many final transfers of the journal went to that wallet. Errors of the
 * journal. */
int transfer_count(struct journal *journal, const struct pubkey *to,
                   uint64_t *out);

#endif
