/*
 * The development program: whoever the genesis of a network names may set any
 * account, so that an author need not wait for a state to come about. Pond's
 * own. Its transactions stand in blocks like any other, so replay and a
 * restart give the same state.
 *
 * Lamports are neither made nor lost: what the account gets comes from the
 * authority (a development network's faucet), and what it loses goes there.
 *
 * A network whose genesis has no account DEVELOPMENT_AUTHORITY_ID
 * refuses all of it. Sysvars and programs can't be set because no transaction
 * can write them. Nor can the authority's own account, and those that a task
 * program renders from rows of its own.
 */
#ifndef POND_SETTLEMENT_PROGRAMS_DEVELOPMENT_PROGRAM_H
#define POND_SETTLEMENT_PROGRAMS_DEVELOPMENT_PROGRAM_H

#include "settlement/bank/program.h"

extern const struct program development_program;

#endif
