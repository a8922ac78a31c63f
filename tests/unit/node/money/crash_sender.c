/*
 * kill -9 of a process that sends through the journal, at random points.
 *
 * A validator runs throughout. A sender's process, on the real journal and the
 * real client, has a list of duties: duty n moves an amount of its own to a
 * key of its own, so that the key's balance shows whether it was done not at
 * all, once or twice. It is killed, begun again on the same journal, and so
 * on; in the end it is left to finish. Then every duty must have been done,
 * each once.
 *
 * Usage: crash_sender [CYCLES [SEED]]
 */
#include "base/check.h"
#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/random.h"
#include "crypto/hash.h"
#include "node/money/sender.h"
#include "node/money/wallet.h"
#include "settlement/format/account.h"
#include "settlement/validator/validator.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define CYCLES 50
#define SLOT_MS 20
#define DUTIES_PER_CYCLE 6
#define IN_FLIGHT_MAX 8
#define LIFE_MS_MIN 5
#define LIFE_MS_MAX 180

static char folder[64];

static _Noreturn void die(const char *what)
{
    fprintf(stderr, "%s: %s\n", what, err_text());
    exit(1);
}

/* The payer's key is the same in every life. */
static struct keypair payer_key(void)
{
    const uint8_t seed[32] = {42};
    struct keypair keypair;

    keypair_from_seed(seed, &keypair);
    return keypair;
}

static struct pubkey duty_key(uint64_t number)
{
    uint8_t bytes[8];
    struct hash hash;
    struct pubkey key;

    u64le_write(bytes, number);
    hash_sha256(bytes_make(bytes, sizeof(bytes)), &hash);
    memcpy(key.bytes, hash.bytes, 32);
    return key;
}

static uint64_t duty_amount(uint64_t number)
{
    return 1000000 + number;
}

static void on_closed(void *user)
{
}

/* ---- the validator's process ---- */

static int serve(int ready)
{
    const struct validator_options options = {.folder = folder};
    struct validator *validator;
    uv_loop_t loop;

    prctl(PR_SET_PDEATHSIG, SIGKILL); /* not to outlive the test */
    CHECK(uv_loop_init(&loop) == 0);
    if (validator_start(&loop, &options, &validator) < 0)
        die("validator");
    uint16_t port = validator_rpc_port(validator);
    CHECK(write(ready, &port, sizeof(port)) == sizeof(port));
    uv_run(&loop, UV_RUN_DEFAULT);
    return 0;
}

/* ---- the sender's process ---- */

struct life {
    uv_loop_t loop;
    struct signer *signer;
    struct journal *journal;
    struct journal_writer *writer;
    struct client *client;
    struct sender *sender;
    uint64_t target; /* duties */
    uint64_t next;   /* all before it are final or under way */
    uint64_t under_way;
};

static struct journal_name duty_name(uint64_t number)
{
    return (struct journal_name){
        .task = {.bytes = {1}}, .round = number, .kind = JOURNAL_SUBMIT};
}

static void on_done(void *user, const struct sender_result *result)
{
    struct life *life = user;

    life->under_way--;
    if (result->status) {
        /* From the beginning: what is final is passed over. */
        life->next = 0;
    }
}

static bool is_final(struct life *life, uint64_t number)
{
    const struct journal_name name = duty_name(number);
    struct journal_entry entry;

    return journal_find(life->journal, &name, &entry) == 0 &&
           entry.state == JOURNAL_FINAL;
}

static void do_duty(struct life *life, uint64_t number)
{
    const struct journal_name name = duty_name(number);
    struct pubkey to = duty_key(number);
    const struct pubkey *payer = signer_main(life->signer);
    struct recipe recipe;

    recipe_init(&recipe, payer);
    CHECK(recipe_transfer(&recipe, payer, &to, duty_amount(number)) == 0);
    int status =
        sender_send(life->sender, &name, number, &recipe, on_done, life);
    if (!status)
        life->under_way++;
    else if (status != ERR_BUSY)
        die("send");
}

static int live(const char *url, uint64_t target)
{
    static struct life life;
    struct wallet wallet = {0};
    char path[96];

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    life.target = target;
    wallet.main = payer_key();
    snprintf(path, sizeof(path), "%s/journal.db", folder);
    CHECK(uv_loop_init(&life.loop) == 0);
    if (journal_open(path, &life.journal) < 0)
        die("journal");
    if (client_new(&life.loop, url, &life.client) < 0)
        die("client");
    if (journal_writer_open(&life.loop, path, &life.writer) < 0)
        die("writer");
    life.signer = signer_new(&life.loop, &wallet);
    life.sender =
        sender_new(life.client, life.journal, life.writer, life.signer);
    if (sender_resume(life.sender) < 0)
        die("resume");
    while (life.next < life.target || sender_pending(life.sender)) {
        while (life.next < life.target && life.under_way < IN_FLIGHT_MAX) {
            if (!is_final(&life, life.next))
                do_duty(&life, life.next);
            life.next++;
        }
        uv_run(&life.loop, UV_RUN_ONCE);
    }
    sender_stop(life.sender);
    client_close(life.client, NULL, NULL);
    uv_run(&life.loop, UV_RUN_DEFAULT);
    signer_close(life.signer, NULL, NULL);
    uv_run(&life.loop, UV_RUN_DEFAULT);
    journal_writer_close(life.writer, on_closed, NULL);
    uv_run(&life.loop, UV_RUN_DEFAULT);
    sender_free(life.sender);
    signer_free(life.signer);
    journal_close(life.journal);
    return 0;
}

/* ---- the test ---- */

static pid_t start(const char *mode, const char *a, const char *b)
{
    pid_t pid = fork();

    CHECK(pid >= 0);
    if (pid == 0) {
        execl("/proc/self/exe", "crash_sender", mode, folder, a, b, NULL);
        _exit(127);
    }
    return pid;
}

static uint16_t start_validator(pid_t *pid)
{
    const struct validator_network network = {.slot_ms = SLOT_MS};
    char text[16];
    uint16_t port;
    int ends[2];

    if (validator_create(folder, &network) < 0)
        die("create");
    CHECK(pipe(ends) == 0);
    snprintf(text, sizeof(text), "%d", ends[1]);
    *pid = start("--serve", text, NULL);
    close(ends[1]);
    if (read(ends[0], &port, sizeof(port)) != sizeof(port))
        die("the validator did not start");
    close(ends[0]);
    return port;
}

static void run_cycles(const char *url, unsigned cycles, uint64_t seed)
{
    struct random random = random_make(seed);
    char target[24];
    int status;

    for (unsigned i = 1; i <= cycles; i++) {
        pid_t pid;

        snprintf(target, sizeof(target), "%u", i * DUTIES_PER_CYCLE);
        pid = start("--live", url, target);
        usleep((useconds_t)(LIFE_MS_MIN +
                            random_below(&random, LIFE_MS_MAX - LIFE_MS_MIN)) *
               1000);
        CHECK(kill(pid, SIGKILL) == 0);
        CHECK(waitpid(pid, &status, 0) == pid);
        if (WIFEXITED(status) && WEXITSTATUS(status) != 0)
            die("the sender's process failed");
    }
    /* And once to its end. */
    CHECK(waitpid(start("--live", url, target), &status, 0) > 0);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        die("the last process failed");
}

/* Prints the first trouble; returns how many duties were done otherwise than
 * once. */
static unsigned check(struct client *client, uint64_t count)
{
    unsigned troubles = 0;
    uint64_t balance;

    for (uint64_t i = 0; i < count; i++) {
        struct pubkey key = duty_key(i);

        if (client_balance_wait(client, &key, &balance) < 0)
            die("balance");
        if (balance == duty_amount(i))
            continue;
        if (!troubles++)
            printf("# duty %" PRIu64 " moved %" PRIu64 ", not %" PRIu64 "\n", i,
                   balance, duty_amount(i));
    }
    return troubles;
}

static int test(unsigned cycles, uint64_t seed)
{
    struct keypair payer = payer_key();
    struct client_sent sent;
    struct client *client;
    uint64_t count = (uint64_t)cycles * DUTIES_PER_CYCLE;
    uv_loop_t loop;
    char url[48];
    pid_t validator;
    int status;

    strcpy(folder, "/tmp/pond-sender-XXXXXX");
    CHECK(mkdtemp(folder));
    CHECK(uv_loop_init(&loop) == 0);
    snprintf(url, sizeof(url), "http://127.0.0.1:%u",
             start_validator(&validator));
    if (client_new(&loop, url, &client) < 0 ||
        client_airdrop_wait(client, &payer.pubkey, 100 * LAMPORTS_PER_KOII,
                            &sent) < 0)
        die("airdrop");
    run_cycles(url, cycles, seed);
    unsigned troubles = check(client, count);
    client_close(client, NULL, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    CHECK(uv_loop_close(&loop) == 0);
    CHECK(kill(validator, SIGKILL) == 0);
    CHECK(waitpid(validator, &status, 0) == validator);
    file_remove_tree(folder);
    printf("1..1\n%s 1 - %" PRIu64
           " duties, each done once, through %u kills (seed %" PRIu64 ")\n",
           troubles ? "not ok" : "ok", count, cycles, seed);
    return troubles != 0;
}

int main(int argc, char **argv)
{
    crypto_init();
    log_configure("error");
    if (argc >= 4 && !strcmp(argv[1], "--serve")) {
        snprintf(folder, sizeof(folder), "%s", argv[2]);
        return serve(atoi(argv[3]));
    }
    if (argc >= 5 && !strcmp(argv[1], "--live")) {
        snprintf(folder, sizeof(folder), "%s", argv[2]);
        return live(argv[3], strtoull(argv[4], NULL, 10));
    }
    return test(argc > 1 ? (unsigned)atoi(argv[1]) : CYCLES,
                argc > 2 ? strtoull(argv[2], NULL, 10) : random_seed());
}
