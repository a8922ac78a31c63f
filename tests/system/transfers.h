/*
 * Transfers whose fate every endpoint tells: each goes to a key of its own with
 * an amount of its own, so the balance there shows whether it was applied not
 * at all, once or twice. For programs that kill validators meanwhile.
 *
 * What does not hold ends the program, with a word on stderr and status 1.
 * Thread: that of the clients' loop.
 */
#ifndef POND_TESTS_SYSTEM_TRANSFERS_H
#define POND_TESTS_SYSTEM_TRANSFERS_H

#include "base/random.h"
#include "client/client.h"

struct transfer;

/* All zero, but for random, at the beginning. */
struct transfers {
    struct random *random; /* borrowed; targets are drawn from it */
    struct transfer **items;
    size_t count;         /* sent at all */
    size_t in_flight;     /* not answered yet */
    uint64_t final;       /* that an endpoint called final */
    uint64_t failed;      /* answered with an error: nothing is promised */
    uint64_t newest_slot; /* of those that are final */
};

/* "WHAT: err_text()", and the end. */
_Noreturn void transfers_die(const char *what);

/* Send a new one and follow it until it is final, failed, or the client is
 * closed. */
void transfers_send(struct transfers *transfers, struct client *client,
                    const struct keypair *payer,
                    const struct client_blockhash *latest);

/* Send the same bytes as once before. in_flight counts it until it is executed,
 * or never will be. */
void transfers_send_again(struct transfers *transfers, struct client *client,
                          size_t number);

/* Wait until the endpoint has what was called final anywhere, and look at all
 * transfers from that number on: what is final is there exactly once, and
 * nothing is there twice. name: of the endpoint. */
void transfers_check(const struct transfers *transfers, struct client *client,
                     const char *name, size_t from);

/* Lamports of all accounts, and those of half of each fee that were burned. The
 * same at any time and endpoint. */
uint64_t transfers_supply(struct client *client);

void transfers_free(struct transfers *transfers);

#endif
