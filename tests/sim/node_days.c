#include "node_days_internal.h"

#include "base/check.h"
#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/memory.h"
#include "net/http_client.h"
#include "node/money/journal_writer.h"
#include "node/money/sender.h"
#include "node/money/wallet.h"
#include "node/task/runner.h"
#include "node/task/task_runner.h"
#include "storage/keep/pin.h"

#include <inttypes.h>
#include <malloc.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

struct life life;

/* ---- steps ---- */

static void strike(enum days_victim victim)
{
    struct days *days = life.days;

    days->kills[victim]++;
    switch (victim) {
    case DAYS_NODE:
        raise(SIGKILL);
        return;
    case DAYS_WORKER:
        loop_after(0, life_end_worker, NULL);
        return;
    case DAYS_SIGNER:
        life.is_signer_down = true;
    }
}

void life_step(void)
{
    struct days *days = life.days;

    if (life.is_ended)
        return;
    days->step++;
    if (!life.plan)
        return;
    for (size_t i = 0; i < DAYS_STRIKES_MAX; i++)
        if (days->strikes[i].step && days->strikes[i].step == days->step)
            strike(days->strikes[i].victim);
}

uint64_t life_random(uint64_t bound)
{
    return random_below(&life.days->random, bound);
}

bool life_is_between(uint64_t from, uint64_t until)
{
    uint64_t slot = life.days->chain.slot;

    return slot >= from && slot < until;
}

/* ---- the signing process ---- */

struct question {
    signer_done *done;
    void *user;
};

static void on_refused(void *user)
{
    struct question question = *(struct question *)user;

    free(user);
    question.done(question.user,
                  err_set(ERR_CLOSED, "the signing process has died"), NULL,
                  (struct bytes){0});
}

void __real_signer_sign(struct signer *signer, const struct signer_key *key,
                        enum signer_purpose purpose, struct bytes bytes,
                        signer_done *done, void *user);
void __wrap_signer_sign(struct signer *signer, const struct signer_key *key,
                        enum signer_purpose purpose, struct bytes bytes,
                        signer_done *done, void *user);
void __wrap_signer_sign(struct signer *signer, const struct signer_key *key,
                        enum signer_purpose purpose, struct bytes bytes,
                        signer_done *done, void *user)
{
    struct question *question;

    life_step();
    if (!life.is_signer_down) {
        __real_signer_sign(signer, key, purpose, bytes, done, user);
        return;
    }
    life.is_signer_down = false;
    question = mem_zero(1, sizeof(*question));
    *question = (struct question){.done = done, .user = user};
    loop_after(1, on_refused, question);
}

/* ---- measures ---- */

static uint64_t folder_bytes(const char *folder)
{
    char *command = mem_format("du -sb %s", folder);
    FILE *file = popen(command, "r");
    uint64_t bytes = 0;

    free(command);
    CHECK(file && fscanf(file, "%" SCNu64, &bytes) == 1);
    pclose(file);
    return bytes;
}

static uint64_t count_rows(const char *path, const char *query)
{
    sqlite3_stmt *statement;
    sqlite3 *database;
    uint64_t count;

    CHECK(sqlite3_open(path, &database) == SQLITE_OK);
    CHECK(sqlite3_prepare_v2(database, query, -1, &statement, NULL) ==
          SQLITE_OK);
    CHECK(sqlite3_step(statement) == SQLITE_ROW);
    count = (uint64_t)sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(database);
    return count;
}

/* The heap first: counting takes some of it. */
static void measure(const struct days *days, struct days_measure *out)
{
    char *path = mem_format("%s/journal.db", days->folder);

    out->heap_bytes = mallinfo2().uordblks;
    out->disk_bytes = folder_bytes(days->folder);
    out->book_rows = count_rows(path, "SELECT COUNT(*) FROM earning_day");
    out->rows = count_rows(path, "SELECT (SELECT COUNT(*) FROM action) + "
                                 "(SELECT COUNT(*) FROM earning) + "
                                 "(SELECT COUNT(*) FROM number)");
    free(path);
}

/* ---- evidence ---- */

/* A life needs a round or two until it knows what may end; one that is killed
 * in each round may need a few more. */
#define LATE_ROUNDS 4

struct pins {
    struct days *days;
    const char *value; /* a CID */
    bool is_there;
};

static int look_at_pin(void *user, const struct pin *pin)
{
    struct pins *pins = user;

    pins->is_there |= !strcmp(CID_TEXT(&pin->root), pins->value);
    if (retention_last_round(&pin->owner) + LATE_ROUNDS < pins->days->round)
        chain_trouble(&pins->days->chain,
                      "evidence of round %" PRIu64 " is pinned still",
                      pin->owner.round);
    return 0;
}

/* What others read of this node's proof of a round. */
static void check_evidence(struct days *days, uint64_t number)
{
    const struct chain_round *round = chain_find_round(&days->chain, number);
    struct pins pins = {.days = days};
    struct buffer block = {0};
    struct cid cid;

    if (!round || !round->submissions[0].is_there)
        return;
    pins.value = round->submissions[0].value;
    CHECK(!pin_each(life.parts.store, look_at_pin, &pins));
    CHECK(!cid_parse(bytes_text(pins.value), &cid));
    if (!pins.is_there)
        chain_trouble(&days->chain,
                      "evidence of round %" PRIu64 " is not pinned", number);
    else if (store_get(life.parts.store, &cid, &block) < 0)
        chain_trouble(&days->chain, "evidence of round %" PRIu64 ": %s", number,
                      err_text());
    buffer_free(&block);
}

/* ---- a life ---- */

static void begin_round(struct days *days)
{
    if (!life.plan && days->step > days->steps_quiet)
        days->steps_quiet = days->step;
    days->round = chain_round_of(&days->chain);
    days->step = 0;
    days->ready_slots[days->round % CHAIN_ROUNDS_KEPT] = 0;
    memset(days->strikes, 0, sizeof(days->strikes));
    if (life.plan)
        life.plan(days);
    for (uint64_t age = 1; age <= RETENTION_ROUNDS_MIN && age <= days->round;
         age++)
        check_evidence(days, days->round - age);
    for (size_t i = 0; i < DAYS_MEASURES_MAX && days->measure_at[i]; i++)
        if (days->measure_at[i] == days->round)
            measure(days, &days->measures[i]);
}

/* Every write of a file fails, as on a full disk. */
static void fill_disk(const struct days *days)
{
    struct rlimit limit;

    if (!days->full_until)
        return;
    CHECK(!getrlimit(RLIMIT_FSIZE, &limit));
    limit.rlim_cur =
        life_is_between(days->full_from, days->full_until) ? 0 : limit.rlim_max;
    CHECK(!setrlimit(RLIMIT_FSIZE, &limit));
}

/* ---- more stake ---- */

static void on_ordered(void *user, int status)
{
}

/* As operators do it: the same order again until it is heard of, also of a node
 * that was killed meanwhile. Of each round the amount is another. */
static void order_stake(struct days *days)
{
    struct task_runner *runner = life.runner;
    char *key = mem_format("round %" PRIu64, days->round);
    struct journal_entry entry;
    struct journal_name name;
    const char *failure;
    uint64_t amount;

    task_more_name(&chain_task, key, &name);
    if (journal_find(life.parts.journal, &name, &entry) &&
        (task_runner_staking_more(runner, key, &amount, &failure) || failure))
        (void)task_runner_stake_more(runner, key, DAYS_STAKE + days->round,
                                     on_ordered, NULL);
    free(key);
}

static int note_stake(void *user, const struct journal_entry *entry)
{
    struct journal_name *name = user;

    if (entry->name.kind == JOURNAL_STAKE_MORE)
        *name = entry->name;
    return 0;
}

/* What nobody sends: node_transfers.c does so. */
static void send_stake_again(void)
{
    struct journal_name name = {0};

    CHECK(!journal_each_open(life.parts.journal, note_stake, &name));
    if (name.kind)
        (void)sender_resend(life.parts.sender, &name, NULL, NULL);
    err_clear();
}

static void on_slot(void *user)
{
    struct days *days = life.days;

    if (life.is_ended)
        return;
    chain_next_slot(&days->chain);
    loop_after(CHAIN_SLOT_MS, on_slot, NULL);
    if (days->jump_ms && days->chain.slot == days->jump_at_slot) {
        uint64_t slots = days->jump_ms / CHAIN_SLOT_MS;

        days->now_ms += days->jump_ms;
        while (slots--)
            chain_next_slot(&days->chain);
    }
    fill_disk(days);
    if (chain_round_of(&days->chain) != days->round)
        begin_round(days);
    if (days->round >= days->end_round) {
        life.is_ended = true;
        return;
    }
    if (life_is_between(days->deaf_from, days->deaf_until))
        return;
    if (task_runner_is_running(life.runner) &&
        chain_offset(&days->chain) < days->chain.times.submission)
        days->ready_slots[days->round % CHAIN_ROUNDS_KEPT]++;
    life.parts.slot = days->chain.slot;
    life.parts.sure_slot = days->chain.slot - CHAIN_FINAL_SLOTS;
    sender_slot(life.parts.sender, days->chain.slot);
    task_runner_slot(life.runner, days->chain.slot);
    if (days->has_stakes) {
        order_stake(days);
        send_stake_again();
    }
}

static void open_parts(struct days *days)
{
    struct node_parts *parts = &life.parts;
    const uint8_t seeds[2][32] = {{1}, {2}};
    struct wallet wallet = {0};
    char *path = mem_format("%s/journal.db", days->folder);

    keypair_from_seed(seeds[0], &wallet.main);
    keypair_from_seed(seeds[1], &wallet.staking);
    life.options.folder = days->folder;
    life.options.worker_path = "/nonexistent/pond-worker";
    life.options.network = &address_rule_loopback;
    life.options.task_store_limit_bytes = 16u << 20;
    life.options.claim_threshold_roe =
        days->claim_threshold ? days->claim_threshold : CHAIN_BOUNTY;
    parts->loop = &life.loop;
    parts->options = &life.options;
    parts->public_url = "http://127.0.0.1:1";
    parts->slot_ms = CHAIN_SLOT_MS;
    parts->task_http = http_client_new(&life.loop, &address_rule_loopback);
    CHECK(!journal_open(path, &parts->journal));
    CHECK(!journal_writer_open(&life.loop, path, &parts->writer));
    CHECK(!store_open(days->folder, NULL, &parts->store));
    CHECK(!client_new(&life.loop, RPC_URL, &parts->client));
    parts->signer = signer_new(&life.loop, &wallet);
    days->chain.keys[0] = *signer_staking(parts->signer);
    CHECK(!signer_list_account(parts->signer, &chain_task,
                               &days->chain.accounts[0]));
    CHECK(!signer_late_list_account(parts->signer, &chain_task,
                                    &days->chain.accounts[CHAIN_KEYS]));
    parts->sender =
        sender_new(parts->client, parts->journal, parts->writer, parts->signer);
    free(path);
}

static void on_closed(void *user)
{
    *(bool *)user = true;
}

/* The last event may be the loop's own, after which there is none to turn. */
static void wait_for(const bool *is_over)
{
    for (unsigned i = 0; !*is_over; i++) {
        CHECK(i < 100000);
        CHECK(loop_turn() || *is_over);
    }
}

static int take_sum(void *user, const struct journal_earning_day *day)
{
    struct days *days = user;

    days->book[day->kind] += day->sum;
    return 0;
}

static int take_open(void *user, const struct journal_entry *entry)
{
    struct days *days = user;

    days->open_fees += 5000ull * entry->transaction[0];
    if (entry->name.kind == JOURNAL_CLAIM)
        days->open_claims += entry->amount;
    if (entry->name.kind == JOURNAL_STAKE_MORE)
        days->open_stakes += entry->amount;
    return 0;
}

static int count_stake(void *user, const struct journal_entry *entry)
{
    struct days *days = user;

    days->stakes +=
        entry->name.kind == JOURNAL_STAKE_MORE && entry->state == JOURNAL_FINAL;
    return 0;
}

static void read_book(struct days *days)
{
    struct journal *journal = life.parts.journal;
    struct journal_entry entry;

    memset(days->book, 0, sizeof(days->book));
    days->open_fees = days->open_claims = days->open_stakes = 0;
    CHECK(!journal_earning_each_sum(journal, 0, INT64_MAX, take_sum, days));
    CHECK(!journal_each_open(journal, take_open, days));
    if (!journal_find_unnoted(journal, &chain_task, JOURNAL_CLAIM, &entry))
        days->open_claims += entry.amount;
    /* Final, and not in the book yet. */
    if (!journal_find_unnoted(journal, &chain_task, JOURNAL_STAKE_MORE, &entry))
        days->open_stakes += entry.amount;
    days->stakes = 0;
    CHECK(!journal_each(journal, &chain_task, 0, count_stake, days));
}

/* As node_stop() does it. */
static void close_parts(struct days *days)
{
    struct node_parts *parts = &life.parts;
    bool is_runner_over = false, is_client_over = false, is_signer_over = false,
         is_writer_over = false;

    task_runner_stop(life.runner, on_closed, &is_runner_over);
    sender_stop(parts->sender);
    client_close(parts->client, on_closed, &is_client_over);
    wait_for(&is_client_over);
    wait_for(&is_runner_over);
    signer_close(parts->signer, on_closed, &is_signer_over);
    wait_for(&is_signer_over);
    journal_writer_close(parts->writer, on_closed, &is_writer_over);
    wait_for(&is_writer_over);
    sender_free(parts->sender);
    signer_free(parts->signer);
    CHECK(!journal_sum(parts->journal, &chain_task, JOURNAL_CLAIM,
                       &days->journal_claimed));
    read_book(days);
    journal_close(parts->journal);
    store_close(parts->store);
}

static void live(struct days *days, days_plan *plan)
{
    char *main_js = mem_format("%s/main.js", days->folder);
    const struct node_task_options options = {
        .task = chain_task, .executable = main_js, .variables = "{}"};

    life.days = days;
    life.plan = plan;
    days->lives++;
    days->lives_slot = days->chain.slot;
    CHECK(!uv_loop_init(&life.loop));
    loop_open(&life.loop, &days->now_ms, life_step);
    open_parts(days);
    CHECK(!sender_resume(life.parts.sender));
    life.runner = task_runner_new(&life.parts, &options);
    loop_after(CHAIN_SLOT_MS, on_slot, NULL);
    while (!life.is_ended)
        CHECK(loop_turn());
    close_parts(days);
    free(main_js);
}

struct days *days_open(uint64_t seed)
{
    struct days *days = mmap(NULL, sizeof(*days), PROT_READ | PROT_WRITE,
                             MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    char *path;

    CHECK(days != MAP_FAILED);
    chain_init(&days->chain, seed);
    days->random = random_make(seed ^ 0x5eed);
    days->now_ms = 1000000;
    /* A tmpfs, where there is one: each write of the journal is synced. */
    strcpy(days->folder, access("/dev/shm", W_OK)
                             ? "/tmp/pond-days-XXXXXX"
                             : "/dev/shm/pond-days-XXXXXX");
    CHECK(mkdtemp(days->folder));
    path = mem_format("%s/main.js", days->folder);
    CHECK(!file_replace(path, bytes_text("main"), 0600));
    free(path);
    return days;
}

void days_close(struct days *days)
{
    file_remove_tree(days->folder);
    munmap(days, sizeof(*days));
}

/* A dead node's time goes on for up to three slots. */
static void pass(struct days *days)
{
    uint64_t slots = random_below(&days->random, 4);

    while (slots--) {
        chain_next_slot(&days->chain);
        days->now_ms += CHAIN_SLOT_MS;
    }
}

void days_run(struct days *days, uint64_t until_round, days_plan *plan)
{
    int status = 0;

    days->end_round = until_round;
    while (chain_round_of(&days->chain) < until_round) {
        pid_t pid = fork();

        CHECK(pid >= 0);
        if (!pid) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            signal(SIGXFSZ, SIG_IGN);
            live(days, plan);
            _exit(0);
        }
        CHECK(waitpid(pid, &status, 0) == pid);
        if (WIFEXITED(status) && !WEXITSTATUS(status))
            return;
        if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL) {
            chain_trouble(&days->chain, "the node's process ended with %d",
                          status);
            return;
        }
        pass(days);
    }
}
