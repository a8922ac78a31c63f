/*
 * What the tests of banks share: a small network's genesis, keys made from
 * numbers, and one-line transactions.
 */
#ifndef POND_TESTS_SETTLEMENT_BANK_FIXTURE_H
#define POND_TESTS_SETTLEMENT_BANK_FIXTURE_H

#include "settlement/bank/bank.h"
#include "settlement/format/system_instruction.h"
#include "settlement/key_fixture.h"

/* The first balance of every fixture account. */
#define FIXTURE_LAMPORTS (10 * LAMPORTS_PER_KOII)
#define FIXTURE_ACCOUNTS 16
#define FIXTURE_UNIX_MS 1760000000000ull

struct fixture {
    struct arena arena;
    struct genesis genesis;
    struct keypair leader;
    struct keypair keys[FIXTURE_ACCOUNTS];
    struct bank *root; /* slot 0, frozen */
    struct bank *bank; /* slot 1, open */
};

void fixture_open(struct fixture *fixture);
void fixture_close(struct fixture *fixture);

/* Freeze fixture->bank and open the next slot's on it. */
void fixture_next(struct fixture *fixture);

/* Build, sign, parse; the wire bytes lie in the arena. */
/* All rows of a bank that is summed up, as a base would have them. Close it
 * with state_close(). fixture_base() is a base over them. */
struct state *fixture_rows(struct bank *bank);
struct state_base fixture_base(struct state *rows);

struct transaction fixture_make(struct fixture *fixture,
                                const struct keypair *const *signers,
                                size_t signer_count,
                                const struct instruction *instructions,
                                size_t count, const struct hash *blockhash);
struct transaction fixture_transfer(struct fixture *fixture,
                                    const struct keypair *from,
                                    const struct pubkey *to, uint64_t lamports);

/* Execute in fixture->bank, with log and balances. */
struct bank_result fixture_execute(struct fixture *fixture,
                                   const struct transaction *transaction);

/* One instruction of the System program, executed in fixture->bank. signers[0]
 * pays. */
struct transaction_status
fixture_system(struct fixture *fixture, const struct keypair *const *signers,
               size_t signer_count, const struct account_meta *accounts,
               size_t account_count, struct bytes data);

uint64_t fixture_balance(struct fixture *fixture, const struct pubkey *key);

#endif
