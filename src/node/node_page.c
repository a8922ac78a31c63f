#include "node/node_page_internal.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/memory.h"
#include "node/money/journal_writer.h"
#include "node/money/wallet_account.h"
#include "node/money/wallet_phrase.h"
#include "node/node_choices.h"
#include "node/node_deploys.h"
#include "node/node_doctor.h"
#include "node/node_earnings.h"
#include "node/node_orders.h"
#include "node/node_preferences.h"
#include "node/node_stake_search.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

/* Earnings are sums over the book: read no more often while a page is open. */
#define EARNINGS_MS 10000

/* ---- orders and the status ---- */

static int ask(void *user, const struct api_question *question,
               struct buffer *answer, bool *is_later)
{
    const struct node_page *page = user;
    const struct node_control_request request = {.path = question->path,
                                                 .is_question =
                                                     !question->is_order,
                                                 .body = question->body,
                                                 .done = question->done,
                                                 .answered = question->answered,
                                                 .user = question->user};

    if (page->node->is_stopping)
        return err_set(ERR_CANCELLED, "the node is stopping");
    return node_control_ask(&node_orders, page->node, &request, answer,
                            is_later);
}

static void write_status(void *user, struct buffer *out)
{
    const struct node_page *page = user;

    node_status(page->node, out);
}

/* By the clock on the wall, and the same until it answers again. */
static void note_away(struct node_page *page)
{
    const struct node *node = page->node;

    if (node_is_connected(node) || !node->parts.slot)
        page->away_since_ms = 0;
    else if (!page->away_since_ms)
        page->away_since_ms =
            clock_unix_ms() - (clock_monotonic_ms() - node->slot_seen_ms);
}

static void read_clock(void *user, struct api_clock *out)
{
    struct node_page *page = user;
    const struct node *node = page->node;

    note_away(page);
    *out = (struct api_clock){.slot = node->parts.slot,
                              .final_slot = node->watch.agreed.slot,
                              .slot_ms = node->parts.slot_ms,
                              .is_connected = node_is_connected(node),
                              .away_since_ms = page->away_since_ms};
}

/* ---- figures ---- */

static int64_t amount_of(struct json_object *day, const char *name)
{
    const char *text;

    return json_get_text(day, name, &text) ? 0 : strtoll(text, NULL, 10);
}

/* Two days at most, a row for each task. */
static void add_up(struct node_page *page, struct json_object *days)
{
    page->earned_today = page->earned_yesterday = 0;
    for (size_t i = 0; i < json_object_array_length(days); i++) {
        struct json_object *day = json_object_array_get_idx(days, i);
        const char *unit, *date;

        if (json_get_text(day, "unit", &unit) ||
            json_get_text(day, "day", &date) || strcmp(unit, "KOII") != 0)
            continue;
        *(strcmp(date, page->today) ? &page->earned_yesterday
                                    : &page->earned_today) +=
            amount_of(day, "rewards") - amount_of(day, "losses");
    }
}

static void on_earned(void *user, int status, struct buffer *answer)
{
    struct node_page *page = user;
    struct json_object *tree = NULL, *days;

    page->is_asking = false;
    if (!status)
        status = json_parse(buffer_view(answer), &tree);
    if (!status && !json_get_array(tree, "days", &days)) {
        add_up(page, days);
        page->has_earned = true;
    }
    json_object_put(tree);
    buffer_free(answer);
    err_clear();
}

/* The answer is for the next look. */
static void refresh_earnings(struct node_page *page)
{
    uint64_t now_ms = clock_monotonic_ms();
    char text[CLOCK_TEXT_SIZE];

    if (page->is_asking || page->node->is_stopping ||
        (page->asked_ms && now_ms - page->asked_ms < EARNINGS_MS))
        return;
    page->is_asking = true;
    page->asked_ms = now_ms;
    uint64_t unix_ms = clock_unix_ms();
    snprintf(page->today, sizeof(page->today), "%.10s",
             clock_text(unix_ms, text));
    node_earnings_ask(page->node->parts.writer, NULL, 2, unix_ms, on_earned,
                      page);
}

static uint64_t resident_bytes(void)
{
    struct buffer text = {0};
    unsigned long pages = 0;

    if (!file_read("/proc/self/statm", 256, &text))
        (void)sscanf(buffer_string(&text), "%*u %lu", &pages);
    buffer_free(&text);
    return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static void read_figures(void *user, struct api_figures *out)
{
    struct node_page *page = user;
    struct rusage use;
    uint64_t roe; /* the status has it */

    refresh_earnings(page);
    *out = (struct api_figures){
        .has_wallet = node_balance_of(page->node, NODE_KEY_MAIN, &roe),
        .has_earned = page->has_earned,
        .earned_today = page->earned_today,
        .earned_yesterday = page->earned_yesterday,
        .memory_bytes = resident_bytes()};
    if (!getrusage(RUSAGE_SELF, &use))
        out->cpu_ms =
            (uint64_t)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) * 1000 +
            (uint64_t)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1000;
}

static struct client *client_of(void *user)
{
    const struct node_page *page = user;

    return page->node->parts.client;
}

/* ---- names ---- */

static const char *name_of(void *user)
{
    const struct node_page *page = user;

    const char *own = node_preferences_get(page->node)->name;

    return *own ? own : page->name;
}

static const struct preferences *preferences_of(void *user)
{
    const struct node_page *page = user;

    return node_preferences_get(page->node);
}

static const char *network_of(void *user)
{
    const struct node_page *page = user;

    return page->node->options.network_name;
}

/* ---- the passphrase ---- */

static bool is_sealed(void *user)
{
    const struct node_page *page = user;

    return signer_state(page->node->parts.signer)->is_sealed;
}

static bool is_shut(void *user)
{
    const struct node_page *page = user;

    return signer_state(page->node->parts.signer)->is_shut;
}

static int prove(void *user, struct bytes passphrase, api_done *done,
                 void *done_user)
{
    const struct node_page *page = user;

    if (page->node->is_stopping)
        return err_set(ERR_CANCELLED, "the node is stopping");
    return signer_prove(page->node->parts.signer, passphrase, done, done_user);
}

static int unlock(void *user, struct bytes passphrase, api_done *done,
                  void *done_user)
{
    const struct node_page *page = user;

    return signer_open_again(page->node->parts.signer, passphrase, done,
                             done_user);
}

static int lock(void *user)
{
    const struct node_page *page = user;

    return signer_shut(page->node->parts.signer);
}

/* ---- deployments ---- */

static const struct pubkey *wallet_of(void *user)
{
    const struct node_page *page = user;

    return signer_main(page->node->parts.signer);
}

static const struct api_deploy_place *deploy_place(void *user)
{
    const struct node_page *page = user;

    return node_deploys_place(page->deploys);
}

static void write_folders(void *user, struct json_writer *writer)
{
    const struct node_page *page = user;

    node_deploys_write_folders(page->deploys, writer);
}

static void note_folder(void *user, const char *folder)
{
    const struct node_page *page = user;

    node_deploys_note_folder(page->deploys, folder);
}

static void note_deployed(void *user, const struct api_deployed *deployed)
{
    const struct node_page *page = user;

    node_deploys_note(page->deploys, deployed);
}

/* ---- wallets ---- */

static void see_wallets(void *user, struct api_wallets *out)
{
    const struct node_page *page = user;
    const struct node *node = page->node;
    char *kept = wallet_passphrase_kept(node->options.folder);
    const char *file = node->options.passphrase.file;
    bool is_file =
        file && strcmp(file, "-") != 0 && !(kept && !strcmp(kept, file));

    *out = (struct api_wallets){.used = page->used,
                                .is_named = node->options.account != NULL,
                                .is_kept = kept != NULL,
                                .file = is_file ? file : ""};
    if (signer_staking_kpl(node->parts.signer, &out->staking_kpl)) {
        out->staking_kpl = (struct pubkey){{0}};
        err_clear();
    }
    free(kept);
}

static void note_resealed(void *user, bool is_kept)
{
    const struct node_page *page = user;
    char *kept =
        is_kept ? wallet_passphrase_kept(page->node->options.folder) : NULL;

    signer_resealed(page->node->parts.signer, kept);
    free(kept);
}

static int ask_stakes(void *user, const struct pubkey *keys, size_t count,
                      api_answered *answered, void *answered_user)
{
    const struct node_page *page = user;

    if (page->node->is_stopping)
        return err_set(ERR_CANCELLED, "the node is stopping");
    node_stake_search(page->node->parts.client, keys, count, answered,
                      answered_user);
    return 0;
}

/* ---- the first run ---- */

/* In the settings; the file is of the time before there were any. */
static const char step_name[] = "first_run";

static enum setup_step first_run(void *user)
{
    const struct node_page *page = user;

    return page->first_run;
}

struct step_record {
    uint64_t step;
};

static int put_step(struct journal *journal, void *user)
{
    const struct step_record *record = user;

    return journal_number_put(journal, step_name, record->step);
}

/* Without it the page begins at an earlier step after the next start. */
static void on_step_written(void *user, int status)
{
    if (status)
        log_error("journal", "%s", err_text());
    free(user);
}

static void set_first_run(void *user, enum setup_step step)
{
    struct node_page *page = user;
    struct step_record *record;

    if (page->node->is_stopping || page->first_run == step)
        return;
    page->first_run = step;
    record = mem_alloc(sizeof(*record));
    record->step = step;
    journal_writer_run(page->node->parts.settings_writer, put_step,
                       on_step_written, record);
}

static enum setup_step step_of_file(const char *folder)
{
    char *path = mem_format("%s/" SETUP_STEP_FILE, folder);
    enum setup_step step = SETUP_DONE;
    struct buffer text = {0};

    if (!file_read(path, 16, &text)) {
        char *name = (char *)buffer_string(&text);
        name[strcspn(name, "\n")] = 0;
        if (setup_step_parse(name, &step))
            step = SETUP_DONE;
    }
    err_clear();
    buffer_free(&text);
    free(path);
    return step;
}

void node_page_open(struct node_page *page)
{
    uint64_t step;

    node_deploys_open(page->deploys);
    if (!journal_number_get(page->node->parts.settings, step_name, &step) &&
        step <= SETUP_WORKS)
        page->first_run = (enum setup_step)step;
    else
        page->first_run = step_of_file(page->node->options.folder);
    if (wallet_account_name(page->node->options.folder,
                            page->node->options.account, page->used))
        page->used[0] = 0;
    err_clear();
}

static void examine(void *user, struct json_object *items)
{
    const struct node_page *page = user;

    if (!page->node->is_stopping)
        node_doctor_examine(page->node, items);
}

static void write_values(void *user, struct buffer *out)
{
    const struct node_page *page = user;

    node_doctor_values(page->node, out);
}

static const struct choice_book *choices_of(void *user)
{
    const struct node_page *page = user;

    return page->node->choices;
}

static int choose(void *user, enum choice choice, const char *value,
                  api_done *done, void *done_user)
{
    const struct node_page *page = user;

    if (page->node->is_stopping)
        return err_set(ERR_CANCELLED, "the node is stopping");
    return node_choices_set(page->node, choice, value, done, done_user);
}

static int begin_settings(void *user)
{
    const struct node_page *page = user;

    if (page->node->is_stopping)
        return err_set(ERR_CANCELLED, "the node is stopping");
    journal_writer_begin(page->node->parts.settings_writer);
    return 0;
}

static void end_settings(void *user, int status, api_done *done,
                         void *done_user)
{
    const struct node_page *page = user;

    journal_writer_end(page->node->parts.settings_writer, status, done,
                       done_user);
}

/* As an operator's Ctrl-C: the program ends the node in order. */
static int stop(void *user)
{
    return kill(getpid(), SIGTERM) ? err_errno("can't end this process") : 0;
}

const struct api_world node_page_world = {
    .ask = ask,
    .begin_settings = begin_settings,
    .end_settings = end_settings,
    .status = write_status,
    .clock = read_clock,
    .figures = read_figures,
    .client = client_of,
    .name = name_of,
    .network = network_of,
    .preferences = preferences_of,
    .is_sealed = is_sealed,
    .is_locked = is_shut,
    .prove = prove,
    .unlock = unlock,
    .lock = lock,
    .look_at_transfer = node_page_look_at_transfer,
    .send_transfer = node_page_send_transfer,
    .transfer_state = node_page_transfer_state,
    .order_as_creator = node_page_order_as_creator,
    .creator_state = node_page_creator_state,
    .claim = node_page_claim,
    .claim_state = node_page_claim_state,
    .stake_more = node_page_stake_more,
    .stake_state = node_page_stake_state,
    .empty_staking = node_page_empty_staking,
    .empty_state = node_page_empty_state,
    .has_faucet = node_page_has_faucet,
    .ask_faucet = node_page_ask_faucet,
    .wallet = wallet_of,
    .deploy_place = deploy_place,
    .write_folders = write_folders,
    .note_folder = note_folder,
    .note_deployed = note_deployed,
    .wallets = see_wallets,
    .resealed = note_resealed,
    .stakes = ask_stakes,
    .first_run = first_run,
    .set_first_run = set_first_run,
    .examine = examine,
    .values = write_values,
    .choices = choices_of,
    .choose = choose,
    .stop = stop,
};

/* ---- life ---- */

char *node_page_name(const char *folder)
{
    size_t size = strlen(folder);

    while (size > 1 && folder[size - 1] == '/')
        size--;
    size_t begin = size;
    while (begin && folder[begin - 1] != '/')
        begin--;
    return mem_format("%.*s", (int)(size - begin), folder + begin);
}

struct node_page *node_page_new(struct node *node)
{
    struct node_page *page = mem_zero(1, sizeof(*page));

    page->node = node;
    page->deploys = node_deploys_new(node);
    page->name = node_page_name(node->options.folder);
    return page;
}

void node_page_free(struct node_page *page)
{
    if (!page)
        return;
    node_deploys_free(page->deploys);
    free(page->name);
    free(page);
}
