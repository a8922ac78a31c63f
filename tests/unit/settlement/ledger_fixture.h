/*
 * A ledger on disk whose blocks the test makes slot by slot, without a
 * leader's clock.
 */
#ifndef POND_TESTS_SETTLEMENT_LEDGER_FIXTURE_H
#define POND_TESTS_SETTLEMENT_LEDGER_FIXTURE_H

#include "settlement/bank_fixture.h"
#include "settlement/ledger/ledger.h"

struct ledger_fixture {
    struct fixture chain; /* keys and genesis; its banks are not used */
    char folder[64];
    struct ledger *ledger;
    /* What the next block stands on. */
    struct bank *tip;
    struct hash tip_hash;
    struct executed_block *newest; /* its block; NULL: it was on disk */
    uint64_t base_slot;            /* the newest settled slot */
};

void ledger_fixture_open(struct ledger_fixture *fixture);
/* In a network of several validators, with stakes of 1, 2, 3 … KOII. */
void ledger_fixture_open_among(struct ledger_fixture *fixture,
                               size_t validators);
void ledger_fixture_close(struct ledger_fixture *fixture);

/* The same as cmocka wants them: *state is the fixture. */
int ledger_fixture_setup(void **state);
int ledger_fixture_teardown(void **state);

/* Close the ledger (in order, or as after a crash) and open it again. */
void ledger_fixture_reopen(struct ledger_fixture *fixture, bool clean);

/* Close the ledger, as after a crash; only ledger_fixture_check() and
 * ledger_fixture_close() may follow, or opening it by hand. */
void ledger_fixture_end(struct ledger_fixture *fixture);

/* Open the closed ledger, verify it, and close it again: what that gave. */
int ledger_fixture_check(struct ledger_fixture *fixture);

/* Put a row into a table (enum ledger_table) of the closed ledger. */
void ledger_fixture_put_row(struct ledger_fixture *fixture, int table,
                            struct bytes key, struct bytes value);

struct ledger_view *ledger_fixture_view(struct ledger_fixture *fixture);

/* The lamports of an account in the newest published bank; 0 without an
 * account. */
uint64_t ledger_fixture_balance(struct ledger_fixture *fixture,
                                const struct pubkey *key);

/* A block in the given slot with these transactions, final: flushed, published
 * and settled; or not settled yet. */
void ledger_fixture_block(struct ledger_fixture *fixture, uint64_t slot,
                          const struct transaction *transactions, size_t count);
void ledger_fixture_block_unsettled(struct ledger_fixture *fixture,
                                    uint64_t slot,
                                    const struct transaction *transactions,
                                    size_t count);

/* Its steps. Execute a block, on which the next one then stands; the caller
 * releases it and publishes it. Make the next one stand on another: a fork. */
struct executed_block *
ledger_fixture_execute(struct ledger_fixture *fixture, uint64_t slot,
                       const struct transaction *transactions, size_t count);
void ledger_fixture_stand_on(struct ledger_fixture *fixture,
                             struct executed_block *block);
void ledger_fixture_flush(struct ledger_fixture *fixture,
                          const struct executed_block *block);
void ledger_fixture_settle(struct ledger_fixture *fixture,
                           struct executed_block *block);
/* The header of a summed bank's block, but for its body and signature. */
struct block_header ledger_fixture_header(struct ledger_fixture *fixture,
                                          const struct bank_info *info,
                                          const struct hash *parent_hash);

/* A transfer that names the tip's blockhash. */
struct transaction ledger_fixture_transfer(struct ledger_fixture *fixture,
                                           int from, const struct pubkey *to,
                                           uint64_t lamports);

#endif
