/*
 * What the parts of the ledger share. Only ledger*.c include this.
 */
#ifndef POND_SETTLEMENT_LEDGER_LEDGER_INTERNAL_H
#define POND_SETTLEMENT_LEDGER_LEDGER_INTERNAL_H

#include "base/lock.h"
#include "base/rows.h"
#include "settlement/ledger/ledger.h"

enum ledger_table {
    TABLE_STATE,
    TABLE_BLOCKS,
    TABLE_RUNS,
    TABLE_RECORDS,
    TABLE_SIGNATURES,
    TABLE_ADDRESSES,
    TABLE_META,
    TABLE_PENDING,
    TABLES,
};

#define LEDGER_MAGIC 0x4c454447u
#define LEDGER_VIEW_MAGIC 0x4c565745u

/* The version of a ledger: of the form of everything on disk except the state's
 * rows, and of the rules that its blocks were executed by. A change of either
 * needs a new one: blocks executed by other rules have other state hashes, and
 * replay and --check would take the ledger for a damaged one. Since 6: the
 * incinerator's account is emptied when a block ends. */
#define LEDGER_VERSION 6

#define PLACE_SIZE 12       /* slot u64be, index u32be */
#define ADDRESS_KEY_SIZE 40 /* key, slot u64be */
/* The part of a signature in the index: the lowest bytes of its second half,
 * the scalar, which nobody can choose without choosing the whole signature. Any
 * number of signatures can have the same first half. */
#define SIGNATURE_PART_AT 32
#define SIGNATURE_PART_SIZE 8
#define SIGNATURE_KEY_SIZE 20 /* part, place */
#define TIP_SIZE 80           /* slot, block hash, state hash, settled slot */
#define ROOT_SIZE 16          /* slot, XXH3-64 of it */
#define FIRST_SIZE 16         /* the same */
#define BLOCK_PREFIX_SIZE 40  /* block height, parent's blockhash */

/* A run of empty slots, first … last without a gap. What follows from the first
 * slot and the genesis is left out of the headers (ledger_run.c). */
struct ledger_run {
    uint64_t first;
    uint64_t last;
    uint64_t parent_slot; /* of the first, like the next three */
    uint64_t block_height;
    struct hash parent_hash;
    struct hash parent_blockhash;
    struct hash last_blockhash;
    struct hash last_hash;  /* of the last block */
    struct hash state_hash; /* after the last */
    struct bytes slots;     /* RUN_SLOT_SIZE for each */
};
/* The row: everything but first, which is the key, and XXH3-64 of that, seeded
 * with the first slot. A slot: time u64, parent's state hash[32],
 * signature[64]. */
#define RUN_HEAD_SIZE (3 * 8 + 5 * 32)
#define RUN_SLOT_SIZE (8 + 32 + 64)
/* A run is written again as long as it grows. */
#define LEDGER_RUN_SLOTS_MAX 64

struct ledger_tip {
    uint64_t slot;
    struct hash block_hash;
    struct hash state_hash;
    /* The table of the state is as after this slot or later, and the missing
     * rows are pending. Equal to slot, except between a large flush and
     * ledger_settle(). */
    uint64_t settled_slot;
};

struct ledger {
    unsigned magic;
    struct rows *rows;
    const struct genesis *genesis;
    struct leader_schedule *schedule;
    bool was_clean;
    uint64_t root_slot; /* the first block ever here: 0 for the genesis', else a
                           snapshot's */

    /* The writer's. */
    uint64_t keep_slots;  /* ledger_keep() */
    uint64_t prune_limit; /* slots before it are to be dropped, */
    size_t prune_left;    /* so many transactions, blocks and runs */
    struct ledger_tip tip;
    bool has_run; /* run is the newest row of runs and ends at the tip */
    struct ledger_run run;
    struct buffer run_slots; /* run.slots lies in it */

    atomic_uint_least64_t durable_slot; /* tip's, for those who publish */

    struct lock lock; /* guards the rest; held for a few instructions only */
    struct ledger_branch *tips[LEDGER_LEVELS]; /* one reference each */
};

struct ledger_view {
    unsigned magic;
    struct ledger *ledger;
    struct rows_view *rows;
    struct ledger_branch *branch; /* one reference */
    struct ledger_height heights[LEDGER_LEVELS];
    struct state_base base;
    struct state *state; /* opened when first needed */
};

/* The tables' names, for rows_open(). */
extern const char *const ledger_tables[TABLES + 1];

struct bytes ledger_place_key(uint64_t slot, uint32_t index,
                              uint8_t out[PLACE_SIZE]);

/* A transaction's key in the index of signatures; wire: its bytes. */
struct bytes ledger_signature_key(const uint8_t *wire, uint64_t slot,
                                  uint32_t index,
                                  uint8_t out[SIGNATURE_KEY_SIZE]);

/* The place that ends an index row's key. */
struct ledger_place ledger_place_read(struct bytes key);

int ledger_records_write(struct rows_view *view, uint64_t slot,
                         const struct ledger_records *records);

/* Rows at random places in one transaction: each may touch a page of its own,
 * which stays in memory until the commit, 16 MB in all. */
#define LEDGER_STEP_ROWS 2048

/* The row of `meta` that exists while the indexes may be ahead of the tip. */
#define LEDGER_AHEAD "ahead"

/* The index rows that lead to a block's records; data: the encoded block. Count
 * them (an upper bound); put them; or put them in transactions of their own
 * before the block's, which then calls ledger_index_settle(). */
size_t ledger_index_count(const struct ledger_records *records);
int ledger_index_write(struct rows_view *view, uint64_t slot,
                       const struct ledger_records *records, struct bytes data);
int ledger_index_write_ahead(struct rows *rows, uint64_t slot,
                             const struct ledger_records *records,
                             struct bytes data);
int ledger_index_settle(struct rows_view *view);

/* The key of an address's row for a block. */
struct bytes ledger_address_key(const struct pubkey *address, uint64_t slot,
                                uint8_t out[ADDRESS_KEY_SIZE]);

/* Read such a row's value: append the indexes of the block's transactions that
 * name the address, as uint32_t, ascending. ERR_CORRUPT. */
int ledger_address_read(struct bytes value, struct buffer *out);

/* An address that a transaction of a block names. */
struct ledger_naming {
    struct pubkey address;
    uint32_t index;
};

/* Check a block's rows of addresses against all namings in the block's order.
 * *rows: how many there must be. ERR_CORRUPT. */
int ledger_addresses_check(struct rows_view *view, uint64_t slot,
                           const struct ledger_naming *namings, size_t count,
                           uint64_t *rows);

/* Remove index rows of slots above the tip, if a flush that wrote ahead did not
 * end. */
int ledger_index_sweep(struct rows *rows, uint64_t tip_slot);

/* The run with the greatest first slot ≤ slot. It may end before the slot.
 * ERR_NOT_FOUND. */
int ledger_run_find(struct ledger_view *view, uint64_t slot,
                    struct ledger_run *out);

uint64_t ledger_run_slots_max(const struct genesis *genesis);
/* out->slots lies in value. */
int ledger_run_decode(struct bytes key, struct bytes value,
                      struct ledger_run *out);
void ledger_run_encode(const struct ledger_run *run, struct buffer *out);

/* Append a slot's bytes. */
void ledger_run_slot_write(const struct block_header *header,
                           struct buffer *out);

/* The time of a slot, one of the run's (CHECKed). */
uint64_t ledger_run_unix_ms(const struct ledger_run *run, uint64_t slot);

/* A block of a run, made again from the row. */
struct ledger_run_block {
    struct block_header header;
    struct hash hash;
    struct hash blockhash;
};

/* The blocks of a run, which is not the ledger's first; out: as many as its
 * slots, at most LEDGER_RUN_SLOTS_MAX. */
void ledger_run_blocks(const struct ledger_run *run,
                       const struct genesis *genesis,
                       struct leader_schedule *schedule,
                       struct ledger_run_block *out);

/* The same, and they are what their leaders signed, and lead to the run's last
 * blockhash and hash. ERR_CORRUPT names the run's first slot. */
int ledger_run_verify(const struct ledger_run *run,
                      const struct genesis *genesis,
                      struct leader_schedule *schedule,
                      struct ledger_run_block *out);
int ledger_tip_read(struct rows_view *view, struct ledger_tip *out);
int ledger_tip_write(struct rows_view *view, const struct ledger_tip *tip);

/* Write LEDGER_VERSION into a new ledger. */
int ledger_version_write(struct rows_view *view);

/* ledger.root_slot; 0 without a row. */
int ledger_root_read(struct rows_view *view, uint64_t *out);
int ledger_root_write(struct rows_view *view, uint64_t slot);

/* Put the run's row in its table. */
int ledger_run_write(struct rows_view *view, const struct ledger_run *run);

/* The first slot whose history is kept; 0 while nothing was dropped. */
int ledger_first_read(struct rows_view *view, uint64_t *out);
int ledger_first_write(struct rows_view *view, uint64_t first);

/* Find out which slots are to be dropped, after a flush of so many
 * transactions; bank: the new tip's. Then each ledger_prune() drops some, until
 * ledger->prune_left is 0. */
void ledger_prune_begin(struct ledger *ledger, const struct bank *bank,
                        size_t transactions);
int ledger_prune(struct ledger *ledger, struct rows_view *view);

/* Write the genesis' bank as the first block of a new ledger. */
int ledger_flush_genesis(struct ledger *ledger, struct rows_view *view,
                         struct bank *bank);

/* Write a block's changes to the table of the state; or to the table `pending`,
 * from which ledger_state_settle() moves them. *number: the next row's number
 * there, 0 at first. */
int ledger_state_write(struct rows_view *view, const struct bank *bank);
int ledger_state_write_pending(struct rows_view *view, const struct bank *bank,
                               uint32_t *number);

/* The same for the header of the flush's newest bank, after all blocks. */
int ledger_state_write_header(struct rows_view *view, const struct bank *bank);
int ledger_state_write_header_pending(struct rows_view *view,
                                      const struct bank *bank,
                                      uint32_t *number);

/* Move some LEDGER_STEP_ROWS pending rows. *is_settled: none are left. */
int ledger_state_settle(struct rows_view *view, bool *is_settled);

/* Check the state of the view's tip, and count its rows and lamports.
 * ERR_CORRUPT.
 */
int ledger_check_state(struct ledger_view *view, struct ledger_report *report);

/* Publish the tip on disk at all levels, of a ledger that is being opened. */
void ledger_publish_tip(struct ledger *ledger, struct bank *bank);

/* The state table as a base for banks, over an open view, which is borrowed. */
struct state_base ledger_base(struct rows_view *view);

#endif
