/*
 * The wallets of the node's folder: which there are, what they have staked, one
 * more, one less, their words and keys, their passphrase.
 *
 * What hands out a secret, or takes one, brings the passphrase itself: a proof
 * would not open a file. Its answer is kept for nobody who asks again.
 */
#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include "node/page/api.h"
#include "node/page/wallets.h"

#include <stdlib.h>
#include <string.h>

/* Whose stakes are looked for; more wallets than a person has. */
#define KEYS_MAX 64

static struct api_wallets facts_of(const struct api *api)
{
    struct api_wallets facts = {0};

    api_world(api)->wallets(api_world_user(api), &facts);
    return facts;
}

static bool flag_of(struct api_request *request, const char *name)
{
    struct json_object *value;

    return json_object_object_get_ex(request->body, name, &value) &&
           json_object_get_boolean(value);
}

static bool has_text(struct api_request *request, const char *name)
{
    struct json_object *value;

    return json_object_object_get_ex(request->body, name, &value) &&
           json_object_get_string_len(value) > 0;
}

static void begin(struct api_request *request,
                  const struct wallets_order *order, wallets_done *done,
                  void *user)
{
    struct wallets_order whole = *order;

    whole.folder = api_folder(request->api);
    whole.used = facts_of(request->api).used;
    wallets_begin(api_loop(request->api), &whole, done, user);
}

/* ---- the list ---- */

/* A list whose stakes are being asked for. */
struct listing {
    struct api_request *request;
    struct wallet_account *accounts;
    size_t count;
};

static bool is_key(const struct pubkey *key)
{
    static const struct pubkey none;

    return !pubkey_equal(key, &none);
}

static void write_account(struct json_writer *writer,
                          const struct wallet_account *account,
                          const struct api_wallets *facts)
{
    bool is_used = !strcmp(account->name, facts->used);
    const struct pubkey *kpl = is_used && is_key(&facts->staking_kpl)
                                   ? &facts->staking_kpl
                                   : &account->staking_kpl;

    json_open_object(writer);
    json_field_text(writer, "name", account->name);
    json_field_bool(writer, "used", is_used);
    json_field_bool(writer, "sealed", account->is_sealed);
    json_field_bool(writer, "words", account->has_words);
    if (account->status) {
        json_field_text(writer, "error", "its key files can't be read");
    } else {
        json_field_text(writer, "main", PUBKEY_TEXT(&account->main));
        json_field_text(writer, "staking", PUBKEY_TEXT(&account->staking));
        if (is_key(kpl))
            json_field_text(writer, "kpl_staking", PUBKEY_TEXT(kpl));
    }
    json_close_object(writer);
}

/* stakes: an answer of node/node_stake_search.h; NULL: they are not known. */
static void answer_list(struct listing *listing, struct buffer *stakes)
{
    struct api_request *request = listing->request;
    const struct api_wallets facts = facts_of(request->api);
    struct buffer answer = {0};
    struct json_writer writer = json_writer_make(&answer);

    json_open_object(&writer);
    json_name(&writer, "items");
    json_open_array(&writer);
    for (size_t i = 0; i < listing->count; i++)
        write_account(&writer, &listing->accounts[i], &facts);
    json_close_array(&writer);
    json_field_null(&writer, "next");
    json_field_bool(&writer, "named", facts.is_named);
    json_field_bool(&writer, "kept", facts.is_kept);
    json_field_text(&writer, "file", facts.file);
    if (stakes) {
        json_name(&writer, "stakes");
        json_write_raw(&writer, buffer_view(stakes));
    }
    json_close_object(&writer);
    api_answer(request, &answer);
    free(listing->accounts);
    free(listing);
}

static void on_stakes(void *user, int status, struct buffer *stakes)
{
    err_clear();
    answer_list(user, status ? NULL : stakes);
    buffer_free(stakes);
}

static size_t keys_of(const struct wallet_account *account, struct pubkey *keys)
{
    size_t count = 0;

    if (account->status)
        return 0;
    keys[count++] = account->staking;
    if (is_key(&account->staking_kpl))
        keys[count++] = account->staking_kpl;
    return count;
}

/* False: settlement is away, or nothing is to be asked. */
static bool ask_stakes(const struct api *api, const struct pubkey *keys,
                       size_t count, api_answered *answered, void *user)
{
    const struct api_world *world = api_world(api);
    struct api_clock clock = {0};
    bool is_asked;

    world->clock(api_world_user(api), &clock);
    is_asked = clock.is_connected &&
               !world->stakes(api_world_user(api), keys, count, answered, user);
    err_clear();
    return is_asked;
}

static void on_listed(void *user, const struct wallets_found *found)
{
    struct api_request *request = user;
    const struct api_wallets facts = facts_of(request->api);
    struct pubkey keys[KEYS_MAX + 3];
    size_t count = 0;

    if (found->status) {
        api_answer_error(request, found->status);
        return;
    }
    struct listing *listing = mem_zero(1, sizeof(*listing));
    listing->request = request;
    listing->count = found->count;
    listing->accounts = mem_zero(found->count + 1, sizeof(*listing->accounts));
    memcpy(listing->accounts, found->accounts,
           found->count * sizeof(*listing->accounts));
    for (size_t i = 0; i < found->count && count < KEYS_MAX; i++)
        count += keys_of(&found->accounts[i], keys + count);
    if (is_key(&facts.staking_kpl))
        keys[count++] = facts.staking_kpl;
    if (!ask_stakes(request->api, keys, count, on_stakes, listing))
        answer_list(listing, NULL);
}

static void get_wallets(struct api_request *request)
{
    begin(request, &(struct wallets_order){.kind = WALLETS_LIST}, on_listed,
          request);
}

/* ---- another one is used ---- */

/* The node begins anew with it. */
static void on_chosen(void *user, const struct wallets_found *found)
{
    if (found->status)
        api_answer_error(user, found->status);
    else
        api_forward(user, "/restart", NULL, NULL);
}

static void use(struct api_request *request)
{
    const struct api_wallets facts = facts_of(request->api);

    if (facts.is_named)
        api_refuse(request, 409, "not_now", NULL,
                   "the node was started with --account: start it without");
    else
        begin(request,
              &(struct wallets_order){.kind = WALLETS_CHOOSE,
                                      .name = request->parts[0]},
              on_chosen, request);
}

/* ---- one more ---- */

/* The account's name, which a file is to have; the chain knows none. */
static bool take_name(struct api_request *request, const char **name)
{
    int status = json_get_text(request->body, "name", name);

    if (!status)
        status = wallet_account_check_name(*name);
    if (status)
        api_refuse(request, 400, "form", "name",
                   "a name is 1 to %d letters, digits, spaces and dots",
                   WALLET_ACCOUNT_SIZE_MAX);
    return !status;
}

static void begin_adding(struct api_request *request, struct bytes passphrase)
{
    struct buffer nothing = {0};
    const char *name;
    int status = json_get_text(request->body, "name", &name);

    if (!status)
        status = api_begin_adding(request->api, name, passphrase);
    api_finish(request, status, &nothing);
}

static void on_proved(void *user, int status)
{
    struct api_request *request = user;
    struct json_object *text = NULL;

    api_tried(request->api, status);
    if (status) {
        api_refuse_passphrase(request, "passphrase", status);
        return;
    }
    json_object_object_get_ex(request->body, "passphrase", &text);
    begin_adding(request, bytes_make(json_object_get_string(text),
                                     (size_t)json_object_get_string_len(text)));
}

static void on_names(void *user, const struct wallets_found *found)
{
    struct api_request *request = user;
    const struct api_world *world = api_world(request->api);
    void *node = api_world_user(request->api);
    const char *name = "";
    struct bytes passphrase;

    (void)json_get_text(request->body, "name", &name);
    for (size_t i = 0; i < found->count; i++)
        if (!strcmp(found->accounts[i].name, name)) {
            api_refuse(request, 409, "exists", "name",
                       "there is a wallet of that name");
            return;
        }
    if (found->status) {
        api_answer_error(request, found->status);
    } else if (!world->is_sealed(node)) {
        begin_adding(request, bytes_text(""));
    } else if (api_may_try(request, "passphrase", &passphrase)) {
        int status = world->prove(node, passphrase, on_proved, request);
        if (status)
            on_proved(request, status);
    }
}

static void add(struct api_request *request)
{
    const char *name;

    if (take_name(request, &name))
        begin(request, &(struct wallets_order){.kind = WALLETS_LIST}, on_names,
              request);
}

/* ---- words and keys ---- */

static void on_opened(void *user, const struct wallets_found *found)
{
    struct api_request *request = user;

    api_tried(request->api, found->status);
    if (found->status) {
        api_refuse_passphrase(request, "passphrase", found->status);
        return;
    }
    struct buffer answer = *found->json;
    *found->json = (struct buffer){0};
    api_answer(request, &answer);
}

/* One at a time, with the passphrase or without. False: it was answered. */
static bool take_turn(struct api_request *request, bool is_sealed,
                      struct bytes *passphrase)
{
    if (is_sealed)
        return api_may_try(request, "passphrase", passphrase);
    if (api_is_trying(request->api)) {
        api_refuse(request, 409, "busy", NULL, "a passphrase is being tried");
        return false;
    }
    api_begin_try(request->api);
    return true;
}

/* A wallet without a passphrase is opened by the empty one. */
static void open_wallet(struct api_request *request,
                        struct wallets_order *order)
{
    if (!take_turn(request, has_text(request, "passphrase"),
                   &order->passphrase))
        return;
    order->name = request->parts[0];
    begin(request, order, on_opened, request);
}

static void show_words(struct api_request *request)
{
    struct wallets_order order = {.kind = WALLETS_WORDS};

    open_wallet(request, &order);
}

static void export_key(struct api_request *request)
{
    struct wallets_order order = {.kind = WALLETS_EXPORT,
                                  .is_staking = flag_of(request, "staking")};

    open_wallet(request, &order);
}

/* ---- another passphrase ---- */

static void on_resealed(void *user, const struct wallets_found *found)
{
    struct api_request *request = user;
    struct buffer nothing = {0};

    api_tried(request->api, found->status);
    if (found->status) {
        api_refuse_passphrase(request, "passphrase", found->status);
        return;
    }
    /* It would be sealed by the old one. */
    api_end_adding(request->api);
    api_world(request->api)
        ->resealed(api_world_user(request->api), flag_of(request, "remember"));
    api_answer(request, &nothing);
}

/* The new one comes in another field, so that a wrong one is told apart. */
static bool take_fresh(struct api_request *request, struct bytes *out)
{
    struct json_object *value = NULL;
    int status = 0;

    json_object_object_get_ex(request->body, "new", &value);
    *out = bytes_make(json_object_get_string(value),
                      value ? (size_t)json_object_get_string_len(value) : 0);
    if (!json_object_is_type(value, json_type_string))
        status = err_set(ERR_INVALID, "\"new\" is the new passphrase");
    if (!status)
        status = setup_check_passphrase(*out);
    if (status)
        api_refuse(request, 400, "form", "new", "%s", err_text());
    return !status;
}

static bool is_adding(const struct api *api)
{
    return api_adding(api) && setup_is_busy(api_adding(api));
}

static void change_passphrase(struct api_request *request)
{
    const struct api *api = request->api;
    struct wallets_order order = {.kind = WALLETS_RESEAL,
                                  .is_kept = flag_of(request, "remember")};

    if (!take_fresh(request, &order.fresh))
        return;
    if (*facts_of(api).file)
        api_refuse(request, 409, "not_now", NULL,
                   "the node reads its passphrase from %s: stop it, change it "
                   "by `pond wallet passphrase`, and that file, too",
                   facts_of(api).file);
    else if (is_adding(api))
        api_refuse(request, 409, "busy", NULL, "a wallet is being written");
    else if (take_turn(request, api_world(api)->is_sealed(api_world_user(api)),
                       &order.passphrase))
        begin(request, &order, on_resealed, request);
}

/* ---- one less ---- */

static void on_deleted(void *user, const struct wallets_found *found)
{
    struct buffer nothing = {0};

    api_finish(user, found->status, &nothing);
}

static void delete_it(struct api_request *request)
{
    begin(request,
          &(struct wallets_order){.kind = WALLETS_DELETE,
                                  .name = request->parts[0]},
          on_deleted, request);
}

static void on_staked(void *user, int status, struct buffer *stakes)
{
    struct api_request *request = user;
    struct json_object *tree = NULL, *items = NULL;

    if (!status)
        status = json_parse(buffer_view(stakes), &tree);
    if (!status)
        status = json_get_array(tree, "items", &items);
    if (status)
        api_answer_error(request, status);
    else if (json_object_array_length(items))
        api_refuse(request, 409, "staked", "staked",
                   "it has stakes, or coins to claim, on %zu tasks",
                   json_object_array_length(items));
    else
        delete_it(request);
    json_object_put(tree);
    buffer_free(stakes);
}

/* What it leaves behind is looked for before it goes. */
static void on_found(void *user, const struct wallets_found *found)
{
    struct api_request *request = user;
    const struct wallet_account *wallet = NULL;
    struct pubkey keys[2];

    if (found->status) {
        api_answer_error(request, found->status);
        return;
    }
    for (size_t i = 0; i < found->count; i++)
        if (!strcmp(found->accounts[i].name, request->parts[0]))
            wallet = &found->accounts[i];
    if (!wallet)
        api_refuse(request, 404, "not_found", NULL, "there is no such wallet");
    else if (!strcmp(wallet->name, facts_of(request->api).used))
        api_refuse(request, 409, "not_now", NULL,
                   "it is the one in use: use another one first");
    else if (flag_of(request, "staked") || wallet->status)
        delete_it(request);
    else if (!ask_stakes(request->api, keys, keys_of(wallet, keys), on_staked,
                         request))
        api_refuse(request, 504, "settlement", "staked",
                   "settlement does not say whether it has stakes");
}

static void delete_wallet(struct api_request *request)
{
    const char *name = "";

    (void)json_get_text(request->body, "name", &name);
    err_clear();
    if (strcmp(name, request->parts[0]) != 0)
        api_refuse(request, 400, "form", "name", "type the wallet's name");
    else if (api_is_trying(request->api) || is_adding(request->api))
        api_refuse(request, 409, "busy", NULL, "a wallet is being written");
    else
        begin(request, &(struct wallets_order){.kind = WALLETS_LIST}, on_found,
              request);
}

static const struct api_row rows[] = {
    {"GET", "wallets", API_READ, get_wallets},
    {"POST", "wallets", API_ORDER, add},
    {"POST", "wallets/*/use", API_ORDER, use},
    {"POST", "wallets/*/phrase", API_ORDER, show_words},
    {"POST", "wallets/*/export", API_ORDER, export_key},
    {"DELETE", "wallets/*", API_PROOF, delete_wallet},
    {"POST", "passphrase", API_ORDER, change_passphrase},
};

const struct api_area api_area_wallets = {
    .rows = rows,
    .row_count = sizeof(rows) / sizeof(*rows),
};
