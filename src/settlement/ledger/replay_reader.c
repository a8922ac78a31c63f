/*
 * A ring of pieces. One thread at a time reads the next piece into the ring's
 * free end; any thread does its jobs; the caller takes the piece from the other
 * end once they are done. A free thread takes a job of the oldest piece that
 * has one left, or else reads the next piece.
 *
 * One lock guards the ring, and is held for a few instructions at a time. A
 * piece belongs to the thread that reads it, then to those that do its jobs,
 * then to the caller.
 */
#include "settlement/ledger/replay_reader.h"

#include "base/check.h"
#include "base/error.h"
#include "base/lock.h"
#include "base/memory.h"
#include <pthread.h>
#include <stdlib.h>

#define READER_MAGIC 0x52504c59u

/* Limits of what is under way: enough that no thread waits for another, with
 * little memory. A block of more than TRANSACTIONS_MAX passes with one other
 * piece. */
#define PIECES_MAX 64
#define PIECES_MIN 2 /* the one that is executed, and the next */
#define TRANSACTIONS_MAX 16384

/* A piece in the ring. */
struct place {
    struct replay_piece piece;
    size_t jobs_taken;
    size_t jobs_done;
    int status; /* of reading, or of the first job that failed */
    char text[ERR_TEXT_SIZE];
};

/* A walk over a table; status is rows_cursor_next()'s. */
struct walk {
    struct rows_cursor *cursor;
    struct bytes key;
    struct bytes value;
    int status;
};

/*
 * Invariants:
 *
 * 1. taken ≤ read ≤ taken + PIECES_MAX, and piece n lies in
 *    places[n % PIECES_MAX], for taken ≤ n < read. The caller has piece taken
 *    while has_piece.
 * 2. taken ≤ with_jobs ≤ read, and no piece before it has a job left to take.
 * 3. blocks and runs belong to the thread that set is_reading.
 * 4. transactions is the sum over the pieces in the ring.
 */
struct replay_reader {
    unsigned magic;
    const struct genesis *genesis;
    struct leader_schedule *schedule;
    bool check_signatures;
    struct walk blocks;
    struct walk runs;

    struct lock lock; /* guards what follows */
    struct lock_change changed;
    struct place places[PIECES_MAX];
    uint64_t taken;
    uint64_t with_jobs;
    uint64_t read;
    size_t transactions;
    bool is_reading;
    bool is_at_end; /* nothing more will be read */
    bool is_closing;

    bool has_piece; /* the caller's */
    unsigned thread_count;
    pthread_t threads[REPLAY_THREADS_MAX];
};

static struct place *place_of(struct replay_reader *reader, uint64_t number)
{
    return &reader->places[number % PIECES_MAX];
}

/* Keep the text for the caller's thread. The first failure of a piece stands.
 */
static void set_status(struct place *place, int status)
{
    if (!status || place->status)
        return;
    const char *text = err_text();
    size_t size = strlen(text) + 1;
    CHECK(size <= sizeof(place->text));
    place->status = status;
    memcpy(place->text, text, size);
}

/* ---- Reading ---- */

/* From the table's beginning because a replay begins with the genesis. */
static int walk_open(struct walk *walk, struct ledger_view *view,
                     enum ledger_table table)
{
    return rows_cursor_open(view->rows, table, (struct bytes){0},
                            &walk->cursor);
}

static void walk_step(struct walk *walk)
{
    walk->status = rows_cursor_next(walk->cursor, &walk->key, &walk->value);
}

/* The walk with the least slot; NULL at the end of both tables. If both tables
 * have the same slot, replay refuses the second because it does not follow. */
static struct walk *walk_least(struct replay_reader *reader)
{
    struct walk *blocks = &reader->blocks, *runs = &reader->runs;
    if (blocks->status)
        return runs->status ? NULL : runs;
    if (runs->status)
        return blocks;
    return bytes_compare(blocks->key, runs->key) < 0 ? blocks : runs;
}

/* The error of a walk that did not end at its table's end. */
static int walk_status(const struct walk *walk)
{
    return walk->status == ERR_NOT_FOUND ? 0 : walk->status;
}

/* ERR_NOT_FOUND at the end. */
static int read_piece(struct replay_reader *reader, struct replay_piece *piece)
{
    int status = walk_status(&reader->blocks);
    if (!status)
        status = walk_status(&reader->runs);
    if (status)
        return status;
    struct walk *least = walk_least(reader);
    if (!least)
        return ERR_NOT_FOUND;
    status = least == &reader->blocks
                 ? replay_piece_read_block(piece, reader->genesis, least->key,
                                           least->value)
                 : replay_piece_read_run(piece, least->key, least->value);
    if (!status)
        walk_step(least);
    return status;
}

/* ---- Work. Thread: any, with the lock, which is released meanwhile ---- */

/* One thread reads at a time because a cursor can't be shared. There must be a
 * free place and not too much under way; but two pieces are always read, so
 * that the next one is prepared while a large block is executed. */
static bool may_read(const struct replay_reader *reader)
{
    return !reader->is_reading && !reader->is_at_end &&
           reader->read < reader->taken + PIECES_MAX &&
           (reader->read < reader->taken + PIECES_MIN ||
            reader->transactions < TRANSACTIONS_MAX);
}

/* Nobody else uses the place until `read` moves past it. The lock is released
 * while LMDB and the parser work. An error is a piece without jobs, so that the
 * caller gets it in its turn; nothing is read after it. */
static void read_next(struct replay_reader *reader)
{
    struct place *place = place_of(reader, reader->read);
    reader->is_reading = true;
    lock_give(&reader->lock);
    replay_piece_reset(&place->piece);
    place->jobs_taken = place->jobs_done = 0;
    place->status = 0;
    int status = read_piece(reader, &place->piece);
    if (status != ERR_NOT_FOUND)
        set_status(place, status);
    lock_take(&reader->lock);
    reader->is_reading = false;
    reader->is_at_end = status;
    if (status != ERR_NOT_FOUND) {
        /* A piece that can't be read has no jobs. */
        if (status)
            place->piece.job_count = 0;
        reader->transactions += place->piece.transaction_count;
        reader->read++;
    }
    lock_change_wake_all(&reader->changed);
}

/* The job is taken under the lock and done without it. Only the last job of a
 * piece wakes others because the caller may wait for that. */
static void do_job(struct replay_reader *reader, struct place *place)
{
    size_t job = place->jobs_taken++;
    lock_give(&reader->lock);
    int status =
        replay_piece_check(&place->piece, reader->genesis, reader->schedule,
                           job, reader->check_signatures);
    lock_take(&reader->lock);
    set_status(place, status);
    if (++place->jobs_done == place->piece.job_count)
        lock_change_wake_all(&reader->changed);
}

/* False if there is nothing to do at present. Jobs come before reading because
 * the caller needs the oldest piece first. */
static bool work(struct replay_reader *reader)
{
    for (; reader->with_jobs < reader->read; reader->with_jobs++) {
        struct place *place = place_of(reader, reader->with_jobs);
        if (place->jobs_taken < place->piece.job_count) {
            do_job(reader, place);
            return true;
        }
    }
    if (!may_read(reader))
        return false;
    read_next(reader);
    return true;
}

/* The thread holds the lock except while it works or waits. */
static void *run_thread(void *user)
{
    struct replay_reader *reader = user;
    pthread_setname_np(pthread_self(), "replay");
    lock_take(&reader->lock);
    while (!reader->is_closing)
        if (!work(reader))
            lock_change_wait(&reader->changed, &reader->lock);
    lock_give(&reader->lock);
    return NULL;
}

/* ---- The caller's side ---- */

/* Everything that can fail comes before the first thread. */
int replay_reader_open(struct ledger_view *view,
                       const struct replay_options *options,
                       struct replay_reader **out)
{
    CHECK(options->threads > 0 && options->threads <= REPLAY_THREADS_MAX);
    struct replay_reader *reader = mem_zero(1, sizeof(*reader));
    reader->genesis = ledger_view_genesis(view);
    reader->schedule = view->ledger->schedule;
    reader->check_signatures = options->check_signatures;
    int status = walk_open(&reader->blocks, view, TABLE_BLOCKS);
    if (status)
        goto err0;
    status = walk_open(&reader->runs, view, TABLE_RUNS);
    if (status)
        goto err1;
    walk_step(&reader->blocks);
    walk_step(&reader->runs);
    /* Skip the genesis, a run of its own to which no proof of history leads. */
    if (!reader->runs.status && reader->runs.key.size == 8 &&
        !u64be_read(reader->runs.key.data))
        walk_step(&reader->runs);
    reader->magic = READER_MAGIC;
    lock_init(&reader->lock);
    lock_change_init(&reader->changed);
    for (; reader->thread_count < options->threads; reader->thread_count++)
        CHECK(!pthread_create(&reader->threads[reader->thread_count], NULL,
                              run_thread, reader));
    *out = reader;
    return 0;
err1:
    rows_cursor_close(reader->blocks.cursor);
err0:
    free(reader);
    return status;
}

/* Free the place of the caller's last piece. */
static void give_back(struct replay_reader *reader)
{
    if (!reader->has_piece)
        return;
    reader->has_piece = false;
    reader->transactions -=
        place_of(reader, reader->taken)->piece.transaction_count;
    reader->taken++;
    if (reader->with_jobs < reader->taken)
        reader->with_jobs = reader->taken;
    lock_change_wake_all(&reader->changed);
}

/* A piece that could not be read has no jobs, and is ready at once. */
static bool is_ready(const struct place *place)
{
    return place->jobs_done == place->piece.job_count;
}

/* Works until the oldest piece is ready: so one thread and this one keep two
 * cores busy. After the end each call returns ERR_NOT_FOUND again. */
int replay_reader_next(struct replay_reader *reader,
                       const struct replay_piece **out)
{
    CHECK_MAGIC(reader, READER_MAGIC);
    int status = ERR_NOT_FOUND;
    lock_take(&reader->lock);
    give_back(reader);
    struct place *place = place_of(reader, reader->taken);
    for (;;) {
        if (reader->taken < reader->read && is_ready(place)) {
            status = place->status;
            reader->has_piece = !status;
            break;
        }
        if (reader->taken == reader->read && reader->is_at_end)
            break;
        if (!work(reader))
            lock_change_wait(&reader->changed, &reader->lock);
    }
    lock_give(&reader->lock);
    if (status == ERR_NOT_FOUND)
        return status;
    *out = &place->piece;
    return status ? err_set(status, "%s", place->text) : 0;
}

/* Jobs under way are finished, which takes some hundred microseconds. */
void replay_reader_close(struct replay_reader *reader)
{
    if (!reader)
        return;
    CHECK_MAGIC(reader, READER_MAGIC);
    lock_take(&reader->lock);
    reader->is_closing = true;
    lock_change_wake_all(&reader->changed);
    lock_give(&reader->lock);
    for (unsigned i = 0; i < reader->thread_count; i++)
        CHECK(!pthread_join(reader->threads[i], NULL));
    for (size_t i = 0; i < PIECES_MAX; i++)
        replay_piece_free(&reader->places[i].piece);
    rows_cursor_close(reader->runs.cursor);
    rows_cursor_close(reader->blocks.cursor);
    lock_change_destroy(&reader->changed);
    lock_destroy(&reader->lock);
    reader->magic = 0;
    free(reader);
}
