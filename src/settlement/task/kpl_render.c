/*
 * Borsh writes the number of a map's entries before them and sorts them by
 * their keys' text. Rows have another order: "10" comes before "9", and a key
 * of 43 characters may come after one of 44. So a map is first written entry by
 * entry into a buffer of its own, then sorted and appended.
 *
 * The data is rendered whole each time, and costs twice its size in memory
 * while a map of maps is sorted. Borsh has no index, so rendering a part would
 * not be cheaper.
 *
 * Fields and their order were verified with the decoder that Koii publishes,
 * which also refuses padding.
 */
#include "settlement/task/kpl_render.h"
#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include "settlement/task/task_header.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* Borsh's string: length u32, then UTF-8. */
static void write_text(struct buffer *out, struct bytes text)
{
    CHECK(text.size <= UINT32_MAX);
    buffer_u32le(out, (uint32_t)text.size);
    buffer_bytes(out, text);
}

/* A key as a value: 32 bytes. */
static void write_key(struct buffer *out, const struct pubkey *key)
{
    buffer_bytes(out, pubkey_bytes(key));
}

/* ---- Maps ---- */

/* An entry in the map's buffer: the key's text, then the value. */
struct entry {
    const struct buffer *buffer; /* set by finish_map() */
    size_t begin;
    size_t size;
    size_t key_size;
};

/* A map under way. Entries stand in buffer in the order of their coming; the
 * array of their places gets sorted. Both are on the heap until finish_map().
 */
struct map_builder {
    struct buffer buffer;
    struct entry *entries;
    size_t count;
    size_t capacity;
};

/* Between this and end_entry() the caller appends the value to map->buffer. */
static void begin_entry(struct map_builder *map, struct bytes key)
{
    if (map->count == map->capacity) {
        map->capacity = map->capacity ? 2 * map->capacity : 16;
        map->entries =
            mem_resize(map->entries, map->capacity * sizeof(*map->entries));
    }
    map->entries[map->count] = (struct entry){
        .begin = map->buffer.size,
        .key_size = key.size,
    };
    write_text(&map->buffer, key);
}

static void end_entry(struct map_builder *map)
{
    struct entry *entry = &map->entries[map->count++];
    CHECK(map->buffer.size > entry->begin);
    entry->size = map->buffer.size - entry->begin;
}

/* By the text without its length, like Rust's BTreeMap of Strings. */
static int compare_entries(const void *a, const void *b)
{
    const struct entry *first = a;
    const struct entry *second = b;
    return bytes_compare(
        bytes_make(first->buffer->data + first->begin + 4, first->key_size),
        bytes_make(second->buffer->data + second->begin + 4, second->key_size));
}

/* Append the map and free it. The entries get the buffer because qsort() passes
 * its function nothing else. */
static void finish_map(struct map_builder *map, struct buffer *out)
{
    CHECK(map->count <= UINT32_MAX);
    for (size_t i = 0; i < map->count; i++)
        map->entries[i].buffer = &map->buffer;
    if (map->count)
        qsort(map->entries, map->count, sizeof(*map->entries), compare_entries);
    buffer_u32le(out, (uint32_t)map->count);
    for (size_t i = 0; i < map->count; i++)
        buffer_append(out, map->buffer.data + map->entries[i].begin,
                      map->entries[i].size);
    free(map->entries);
    buffer_free(&map->buffer);
    *map = (struct map_builder){0};
}

/* As keys of maps, K2's state has keys in base58 and not as 32 bytes. */
static void begin_key_entry(struct map_builder *map, const struct pubkey *key)
{
    begin_entry(map, bytes_text(PUBKEY_TEXT(key)));
}

/* Rounds are decimal text. */
static void begin_round_entry(struct map_builder *map, uint64_t round)
{
    char text[24];
    snprintf(text, sizeof(text), "%" PRIu64, round);
    begin_entry(map, bytes_text(text));
}

/* ---- Maps by key ---- */

struct source {
    const struct state *state;
    const struct pubkey *task;
};

/* Stakes or balances. */
static void write_amounts(const struct source *source, enum task_row_kind kind,
                          struct buffer *out)
{
    struct map_builder map = {0};
    struct task_row row;
    struct task_rows_walk walk =
        task_rows_walk_open(source->state, source->task, kind, NULL, NULL);
    while (task_rows_walk_next(&walk, &row)) {
        begin_key_entry(&map, &row.key);
        buffer_u64le(&map.buffer, row.stake.amount);
        end_entry(&map);
    }
    task_rows_walk_close(&walk);
    finish_map(&map, out);
}

/* Stakes without an address are left out, as in native tasks, because clients
 * take every entry for a node's URL. */
static void write_addresses(const struct source *source, struct buffer *out)
{
    struct map_builder map = {0};
    struct task_row row;
    struct task_rows_walk walk = task_rows_walk_open(
        source->state, source->task, TASK_ROW_STAKE, NULL, NULL);
    while (task_rows_walk_next(&walk, &row)) {
        if (row.stake.ip_address.size == 0)
            continue;
        begin_key_entry(&map, &row.key);
        write_text(&map.buffer, row.stake.ip_address);
        end_entry(&map);
    }
    task_rows_walk_close(&walk);
    finish_map(&map, out);
}

/* ---- Maps by round ---- */

/* A vector in the order of the voters' keys. The number in front is filled in
 * at the end. */
static void write_votes(const struct source *source, const struct task_row *row,
                        struct buffer *out)
{
    struct task_row vote;
    uint32_t count = 0;
    /* An offset and not a pointer: the buffer moves as it grows. */
    size_t count_at = out->size;
    struct task_rows_walk walk = task_rows_walk_open(
        source->state, source->task,
        row->kind == TASK_ROW_SUBMISSION_AUDIT ? TASK_ROW_SUBMISSION_VOTE
                                               : TASK_ROW_LIST_VOTE,
        &row->round, &row->key);
    buffer_u32le(out, 0); /* filled in below */
    for (; task_rows_walk_next(&walk, &vote); count++) {
        buffer_u8(out, vote.vote.is_valid);
        write_key(out, &vote.voter);
        buffer_u64le(out, vote.vote.slot);
    }
    task_rows_walk_close(&walk);
    u32le_write(out->data + count_at, count);
}

/* The value of a key within a round. */
static void write_value(const struct source *source, const struct task_row *row,
                        struct buffer *out)
{
    switch (row->kind) {
    case TASK_ROW_SUBMISSION:
        write_text(out, row->submission.value);
        buffer_u64le(out, row->submission.slot);
        buffer_u64le(out, row->round);
        return;
    case TASK_ROW_LIST:
        write_key(out, &row->list.data_account);
        buffer_u64le(out, row->list.slot);
        buffer_u64le(out, row->round);
        return;
    case TASK_ROW_SUBMISSION_AUDIT:
    case TASK_ROW_LIST_AUDIT:
        write_key(out, &row->audit.trigger_by);
        buffer_u64le(out, row->audit.slot);
        write_votes(source, row, out);
        return;
    default:
        break;
    }
    CHECK(false);
}

/* A map of maps. Rows stand round by round, so an inner map ends where the next
 * round begins, and becomes an entry of the outer map. */
static void write_rounds(const struct source *source, enum task_row_kind kind,
                         struct buffer *out)
{
    struct map_builder rounds = {0};
    struct map_builder entries = {0};
    struct task_row row;
    uint64_t round = 0;
    struct task_rows_walk walk =
        task_rows_walk_open(source->state, source->task, kind, NULL, NULL);
    while (task_rows_walk_next(&walk, &row)) {
        if (entries.count && row.round != round) {
            begin_round_entry(&rounds, round);
            finish_map(&entries, &rounds.buffer);
            end_entry(&rounds);
        }
        round = row.round;
        begin_key_entry(&entries, &row.key);
        write_value(source, &row, &entries.buffer);
        end_entry(&entries);
    }
    task_rows_walk_close(&walk);
    if (entries.count) {
        begin_round_entry(&rounds, round);
        finish_map(&entries, &rounds.buffer);
        end_entry(&rounds);
    }
    finish_map(&rounds, out);
}

/* Borsh's enum is a byte, and K2's numbers are those of enum task_record. */
static void write_records(const struct source *source, struct buffer *out)
{
    struct map_builder map = {0};
    struct task_row row;
    struct task_rows_walk walk = task_rows_walk_open(
        source->state, source->task, TASK_ROW_ROUND, NULL, NULL);
    while (task_rows_walk_next(&walk, &row)) {
        if (row.status.record == TASK_RECORD_NONE)
            continue;
        begin_round_entry(&map, row.round);
        buffer_u8(&map.buffer, row.status.record);
        end_entry(&map);
    }
    task_rows_walk_close(&walk);
    finish_map(&map, out);
}

/* ---- The whole ---- */

/* Fields 1 to 11 of K2's 32: up to the audits of submissions. */
static void write_head(const struct source *source,
                       const struct task_header *header,
                       const struct task_row *token, struct buffer *out)
{
    const struct task_terms *terms = &header->terms;
    buffer_u8(out, header->is_allowlisted);
    buffer_u8(out, header->is_active);
    write_text(out, terms->task_name);
    write_text(out, terms->task_description);
    write_key(out, &header->task_manager);
    write_text(out, terms->task_audit_program);
    write_key(out, &header->stake_pot_account);
    /* Seed and bump of the pot's authority. */
    buffer_append(out, token->token.stake_pot_seed.bytes, 32);
    buffer_u8(out, token->token.stake_pot_bump);
    write_rounds(source, TASK_ROW_SUBMISSION, out);
    write_rounds(source, TASK_ROW_SUBMISSION_AUDIT, out);
}

/* Fields 12 to 24: up to the executable network. */
static void write_amounts_and_windows(const struct source *source,
                                      const struct task_header *header,
                                      const struct task_row *token,
                                      struct buffer *out)
{
    const struct task_terms *terms = &header->terms;
    buffer_u64le(out, terms->total_bounty_amount);
    buffer_u64le(out, terms->bounty_amount_per_round);
    write_key(out, &token->token.mint);
    buffer_u64le(out, header->total_stake);
    buffer_u64le(out, terms->minimum_stake_amount);
    write_amounts(source, TASK_ROW_BALANCE, out);
    write_amounts(source, TASK_ROW_STAKE, out);
    write_addresses(source, out);
    buffer_u64le(out, terms->round_time);
    buffer_u64le(out, header->starting_slot);
    buffer_u64le(out, terms->audit_window);
    buffer_u64le(out, terms->submission_window);
    write_text(out, terms->task_executable_network);
}

/* Fields 25 to 32. */
static void write_tail(const struct source *source,
                       const struct task_header *header, struct buffer *out)
{
    const struct task_terms *terms = &header->terms;
    write_rounds(source, TASK_ROW_LIST, out);
    write_rounds(source, TASK_ROW_LIST_AUDIT, out);
    write_records(source, out);
    write_text(out, terms->task_metadata);
    write_text(out, terms->task_vars);
    buffer_u8(out, header->is_migrated);
    write_text(out, header->migrated_to);
    buffer_u64le(out, terms->allowed_failed_distributions);
}

/* A native task has no row of a token. */
int kpl_render(const struct state *state, const struct pubkey *task,
               struct buffer *out)
{
    const struct source source = {.state = state, .task = task};
    struct task_row token = {.kind = TASK_ROW_TOKEN};
    struct task_header header;
    if (!task_header_get(state, task, &header) ||
        !task_rows_get(state, task, &token))
        return err_set(ERR_NOT_FOUND, "there is no KPL task %s",
                       PUBKEY_TEXT(task));
    write_head(&source, &header, &token, out);
    write_amounts_and_windows(&source, &header, &token, out);
    write_tail(&source, &header, out);
    return 0;
}
