/*
 * A ring of pieces. One thread at a time reads the next piece into the ring's
 * free end; its jobs are then anybody's; the caller takes it from the other end
 * once they are done. Who has nothing else to do looks for work in this order:
 * a job of the oldest piece that has one left, and then the next piece to read.
 *
 * One lock guards the ring, held for a few instructions at a time: a job is
 * long beside it. A piece itself belongs to the thread that reads it, then to
 * those that carry out its jobs, then to the caller.
 */
#include "settlement/ledger/replay_reader.h"

#include "base/check.h"
#include "base/error.h"
#include "base/lock.h"
#include "base/memory.h"
#include <pthread.h>
#include <stdlib.h>

#define READER_MAGIC 0x52504c59u

/* Under way: enough that no thread waits for another, and little memory. It is
 * the number of transactions that counts where blocks are full, else that of
 * pieces. A block of more than TRANSACTIONS_MAX passes alone. */
#define PIECES_MAX 64
#define PIECES_MIN 2 /* the one that executes, and the next */
#define TRANSACTIONS_MAX 16384

/* A piece in the ring. */
struct place {
    struct replay_piece piece;
    size_t jobs_taken;
    size_t jobs_done;
    int status; /* of reading it, or of the first job that failed */
    char text[ERR_TEXT_SIZE];
};

/* A table that is walked through; status as rows_cursor_next() has it. */
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
    bool is_at_end; /* no more will be read */
    bool is_closing;

    bool has_piece; /* the caller's */
    unsigned thread_count;
    pthread_t threads[REPLAY_THREADS_MAX];
};

static struct place *place_of(struct replay_reader *reader, uint64_t number)
{
    return &reader->places[number % PIECES_MAX];
}

/* The text is this thread's and has to get to the caller's. The first failure
 * of a piece stands. One job may fail after another one did, and then says no
 * more than that the piece is bad. */
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

/* From the table's beginning: a replay begins with the genesis. */
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

/* The row that comes first; NULL at the end of both tables. Keys are slots,
 * big-endian. Both tables never have the same slot; a file in which they do is
 * refused by the block that does not follow. */
static struct walk *walk_least(struct replay_reader *reader)
{
    struct walk *blocks = &reader->blocks, *runs = &reader->runs;
    if (blocks->status)
        return runs->status ? NULL : runs;
    if (runs->status)
        return blocks;
    return bytes_compare(blocks->key, runs->key) < 0 ? blocks : runs;
}

/* The error of a walk that ended otherwise than at its table's end. */
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
                 : replay_piece_read_run(piece, reader->genesis, least->key,
                                         least->value);
    if (!status)
        walk_step(least);
    return status;
}

/* ---- Work. Thread: any, with the lock, which is let go meanwhile ---- */

/* One thread reads at a time, since a cursor can't be shared. The ring has to
 * have a place, and what is under way must be little; but two pieces are always
 * read, or a large block would be executed with nobody preparing the next. */
static bool may_read(const struct replay_reader *reader)
{
    return !reader->is_reading && !reader->is_at_end &&
           reader->read < reader->taken + PIECES_MAX &&
           (reader->read < reader->taken + PIECES_MIN ||
            reader->transactions < TRANSACTIONS_MAX);
}

/* The place is nobody else's: it is before `read` only when this is through.
 * Without the lock while LMDB and the parser work. An error is a piece as well,
 * without jobs, so that it comes to the caller in its turn; nothing is read
 * after it. */
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
    reader->is_at_end = status != 0;
    if (status != ERR_NOT_FOUND) {
        /* What can't be read has no jobs. */
        if (status)
            place->piece.job_count = 0;
        reader->transactions += place->piece.transaction_count;
        reader->read++;
    }
    lock_change_wake_all(&reader->changed);
}

/* The job is taken under the lock and done without it. Only the last one of a
 * piece wakes the others: that is what the caller may wait for. */
static void do_job(struct replay_reader *reader, struct place *place)
{
    size_t job = place->jobs_taken++;
    lock_give(&reader->lock);
    int status = replay_piece_check(&place->piece, reader->genesis, job,
                                    reader->check_signatures);
    lock_take(&reader->lock);
    set_status(place, status);
    if (++place->jobs_done == place->piece.job_count)
        lock_change_wake_all(&reader->changed);
}

/* False if there is nothing to do at present. Jobs before reading: the oldest
 * piece is what the caller needs first. Places whose jobs are all taken are
 * passed over for good. */
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

/* It holds the lock but while it works or waits. */
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

/* ---- The caller's ---- */

/* The threads begin at once. Whatever can fail is done before the first of
 * them. */
int replay_reader_open(struct ledger_view *view,
                       const struct replay_options *options,
                       struct replay_reader **out)
{
    CHECK(options->threads > 0 && options->threads <= REPLAY_THREADS_MAX);
    struct replay_reader *reader = mem_zero(1, sizeof(*reader));
    reader->genesis = ledger_view_genesis(view);
    reader->check_signatures = options->check_signatures;
    int status = walk_open(&reader->blocks, view, TABLE_BLOCKS);
    if (status)
        goto err0;
    status = walk_open(&reader->runs, view, TABLE_RUNS);
    if (status)
        goto err1;
    walk_step(&reader->blocks);
    walk_step(&reader->runs);
    /* The genesis is a run of its own, and no proof of history leads to it. */
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

/* The place of the piece that the caller had is free. */
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

/* True at once of a piece without jobs, which is one that could not be read. */
static bool is_ready(const struct place *place)
{
    return place->jobs_done == place->piece.job_count;
}

/* Gives back the piece before, then works on whatever there is until the oldest
 * is ready: so with one thread and this one, two cores are busy. After the end
 * each call says so again. */
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

/* Jobs under way are finished; each is some hundred microseconds. The cursors
 * go before the view, which is the caller's. */
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
