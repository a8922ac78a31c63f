/*
 * A writer is killed at random points, 80 times and more over one store: while
 * it recovers, puts, syncs, pins and collects. It reports on a pipe what was
 * acknowledged. Nothing of that may be missing afterwards, and no block may be
 * torn.
 *
 * POND_SEED repeats the choices (the moments of the kills stay the clock's).
 */
#include "fixture.h"

#include "storage/keep/collection.h"
#include "storage/keep/pin.h"

#include <signal.h>
#include <sys/wait.h>

#define LIVES 80
/* The test is worth nothing if the writer never gets anywhere; where the disk
 * is slow, that takes more lives, and longer ones. */
#define ACKNOWLEDGED_MIN 1000
#define LIVES_MAX 400
#define BLOCKS_MAX 200000
#define RUN_US_MAX 120000 /* of the first LIVES; of the next twice as much */

/* What the writer says. SYNCED and PINNED come after the call returned;
 * UNPINNING and COLLECTING before it is made. */
enum word { SYNCED, PINNED, UNPINNING, COLLECTING };

struct message {
    uint32_t word, block;
};

/* What the parent knows about each block. */
struct knowledge {
    bool pinned, synced;
};

/* At least 8 bytes of the fixture's, so that no two numbers have the same
 * block: each of them would have the other's pins. */
static size_t block_size(uint32_t block)
{
    return 8 + block * 977 % 3000;
}

static void say(int out, enum word word, uint32_t block)
{
    struct message message = {word, block};

    if (write(out, &message, sizeof(message)) != sizeof(message))
        _exit(1);
}

static void must(int status)
{
    if (status) {
        fprintf(stderr, "writer: %s\n", err_text());
        _exit(1);
    }
}

static struct cid put(struct store *store, uint32_t block)
{
    struct buffer data = fixture_bytes(block_size(block), block);
    struct cid cid;

    cid_of(1, CID_RAW, buffer_view(&data), &cid);
    must(store_put(store, &cid, buffer_view(&data)));
    buffer_free(&data);
    return cid;
}

struct writer {
    struct store *store;
    struct random random;
    int out;
    uint32_t next;
    struct cid pinned[64];
    uint32_t pinned_blocks[64];
    unsigned pinned_count;
};

static void write_blocks(struct writer *writer)
{
    uint32_t first = writer->next;

    writer->next += 1 + (uint32_t)random_below(&writer->random, 30);
    for (uint32_t block = first; block < writer->next; block++)
        put(writer->store, block);
    must(store_sync(writer->store));
    for (uint32_t block = first; block < writer->next; block++)
        say(writer->out, SYNCED, block);
}

static void pin_block(struct writer *writer)
{
    struct pin_owner owner = retention_user();
    struct store_hold *hold = store_hold(writer->store);
    uint32_t block = writer->next++;
    unsigned number = writer->pinned_count++;

    writer->pinned_blocks[number] = block;
    writer->pinned[number] = put(writer->store, block);
    must(pin_add(writer->store, &writer->pinned[number], &owner, NULL));
    say(writer->out, PINNED, block);
    store_release(hold);
}

static void unpin_block(struct writer *writer)
{
    struct pin_owner owner = retention_user();
    unsigned number = --writer->pinned_count;

    say(writer->out, UNPINNING, writer->pinned_blocks[number]);
    must(pin_remove(writer->store, &writer->pinned[number], &owner));
}

static void run_writer(const char *folder, int out, uint64_t seed,
                       uint32_t next)
{
    struct store_options options = {.segment_size_bytes = 50000,
                                    .free_floor_bytes = 1};
    struct writer writer = {
        .random = random_make(seed), .out = out, .next = next};

    must(store_open(folder, &options, &writer.store));
    while (writer.next < BLOCKS_MAX - 100) {
        uint64_t action = random_below(&writer.random, 10);

        if (action < 3 && writer.pinned_count < 64) {
            pin_block(&writer);
        } else if (action < 4 && writer.pinned_count) {
            unpin_block(&writer);
        } else if (action < 6) {
            say(out, COLLECTING, 0);
            must(collection_run(writer.store, NULL, NULL));
        } else {
            write_blocks(&writer);
        }
    }
    _exit(0);
}

/* Take in what the dead writer had said; the next number to use. */
static uint32_t learn(int in, struct knowledge *known, uint32_t next,
                      unsigned *acknowledged)
{
    struct message message;

    while (read(in, &message, sizeof(message)) == sizeof(message)) {
        assert_true(message.block < BLOCKS_MAX);
        switch ((enum word)message.word) {
        case SYNCED:
            known[message.block].synced = true;
            ++*acknowledged;
            break;
        case PINNED:
            known[message.block].pinned = true;
            ++*acknowledged;
            break;
        case UNPINNING:
            known[message.block].pinned = false;
            break;
        case COLLECTING:
            for (uint32_t i = 0; i < BLOCKS_MAX; i++)
                known[i].synced = false;
        }
        if (message.block >= next)
            next = message.block + 1;
    }
    /* Past what was put and not acknowledged. */
    return next + 64;
}

static int read_block(void *user, const struct multihash *hash, size_t size)
{
    struct cid cid = {.version = 1, .codec = CID_RAW, .hash = *hash};
    struct buffer data = {0};

    assert_ok(store_get(user, &cid, &data));
    assert_int_equal(data.size, size);
    buffer_free(&data);
    return 0;
}

static int is_of_root(void *user, const struct pin *pin)
{
    return cid_equal(&pin->root, user);
}

static void check_store(const char *folder, const struct knowledge *known)
{
    struct store *store = fixture_store(folder, 50000);

    for (uint32_t block = 0; block < BLOCKS_MAX; block++) {
        struct buffer data;
        struct cid cid;

        if (!known[block].pinned && !known[block].synced)
            continue;
        data = fixture_bytes(block_size(block), block);
        cid_of(1, CID_RAW, buffer_view(&data), &cid);
        if (!fixture_has(store, &cid, block_size(block), block))
            print_error("block %u is missing (%s)\n", block,
                        known[block].pinned ? "pinned" : "synced");
        assert_true(store_has(store, &cid, NULL));
        if (known[block].pinned)
            assert_int_equal(pin_each(store, is_of_root, &cid), 1);
        buffer_free(&data);
    }
    assert_ok(store_each(store, read_block, store));
    store_close(store);
}

static void test_nothing_acknowledged_is_lost_to_kill_9(void **state)
{
    const char *given = getenv("POND_SEED");
    uint64_t seed = given ? strtoull(given, NULL, 10) : random_seed();
    struct knowledge *known = mem_zero(BLOCKS_MAX, sizeof(*known));
    struct random random = random_make(seed);
    char *folder = fixture_folder();
    uint32_t next = 0;
    unsigned acknowledged = 0, lives = 0;

    print_message("POND_SEED=%" PRIu64 "\n", seed);
    for (; lives < LIVES || acknowledged < ACKNOWLEDGED_MIN; lives++) {
        int ends[2], result;
        pid_t child;

        assert_true(lives < LIVES_MAX);
        assert_int_equal(pipe(ends), 0);
        child = fork();
        assert_true(child >= 0);
        if (!child) {
            close(ends[0]);
            run_writer(folder, ends[1], seed + lives, next);
        }
        close(ends[1]);
        usleep((useconds_t)random_below(
            &random, RUN_US_MAX * (uint64_t)(1 + lives / LIVES)));
        assert_int_equal(kill(child, SIGKILL), 0);
        assert_int_equal(waitpid(child, &result, 0), child);
        assert_true(WIFSIGNALED(result));
        next = learn(ends[0], known, next, &acknowledged);
        close(ends[0]);
        check_store(folder, known);
    }
    print_message("%u blocks acknowledged in %u lives\n", acknowledged, lives);
    free(known);
    fixture_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_acknowledged_is_lost_to_kill_9),
    };

    fixture_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
