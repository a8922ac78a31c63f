/*
 * The first run, and the folder that is locked: what the page asks and gives at
 * each step. setup.h has the rules; a node that has its keys knows the step
 * alone.
 */
#include "node/page/api.h"

#include "base/error.h"
#include "base/memory.h"
#include "crypto/mnemonic.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A key as a JSON array is 257 bytes; as people keep it, a little more. */
#define KEY_TEXT_MAX 1024
#define KEY_NUMBERS 64
/* Of a passphrase that is made. */
#define SUGGESTED_WORDS 5

/* ---- what stands in a body ---- */

static bool flag_of(struct api_request *request, const char *name)
{
    struct json_object *value;

    return json_object_object_get_ex(request->body, name, &value) &&
           json_object_get_boolean(value);
}

/* Borrowed of the body, which is wiped. */
static int text_of(struct api_request *request, const char *name,
                   struct bytes *out)
{
    struct json_object *value;

    if (!json_object_object_get_ex(request->body, name, &value) ||
        !json_object_is_type(value, json_type_string))
        return err_set(ERR_INVALID, "\"%s\" must be a text", name);
    *out = bytes_make(json_object_get_string(value),
                      (size_t)json_object_get_string_len(value));
    return 0;
}

/* The numbers of a key file, as its text again; wipe it. */
static int key_of(struct json_object *numbers, struct buffer *out)
{
    if (json_object_array_length(numbers) != KEY_NUMBERS)
        return err_set(ERR_INVALID, "a key has %d numbers", KEY_NUMBERS);
    buffer_reserve(out, KEY_TEXT_MAX);
    for (size_t i = 0; i < KEY_NUMBERS; i++) {
        struct json_object *number = json_object_array_get_idx(numbers, i);
        int64_t value = json_object_get_int64(number);

        if (!json_object_is_type(number, json_type_int) || value < 0 ||
            value > 255)
            return err_set(ERR_INVALID, "a key's numbers are 0 to 255");
        buffer_format(out, "%c%d", i ? ',' : '[', (int)value);
    }
    buffer_u8(out, ']');
    return 0;
}

/* {"words":text} or {"key":[numbers] or text}; wipe it. field: which it was. */
static int wallet_of(struct api_request *request, struct buffer *out,
                     const char **field)
{
    struct json_object *key;
    struct bytes text;

    *field = "key";
    if (json_object_object_get_ex(request->body, "key", &key) &&
        json_object_is_type(key, json_type_array))
        return key_of(key, out);
    if (!key)
        *field = "words";
    int status = text_of(request, *field, &text);
    if (!status && text.size > KEY_TEXT_MAX)
        status = err_set(ERR_INVALID, "that is too long for words or a key");
    if (!status) {
        buffer_reserve(out, text.size + 1);
        buffer_bytes(out, text);
    }
    return status;
}

/* ---- answers ---- */

/* An error about a field of the form; others as they are. */
static void refuse(struct api_request *request, int status, const char *field)
{
    if (status == ERR_INVALID)
        api_refuse(request, 400, "form", field, "%s", err_text());
    else
        api_answer_error(request, status);
}

/* Of a node that waits for its keys, or of one more wallet. NULL: there is
 * neither. */
static struct setup *setup_of(const struct api *api)
{
    struct setup *setup = api_setup(api);

    return setup ? setup : api_adding(api);
}

/* Files of wallets are written by one at a time. True: it was answered. */
static bool is_busy(struct api_request *request)
{
    bool is_busy = api_adding(request->api) && api_is_trying(request->api);

    if (is_busy)
        api_refuse(request, 409, "busy", NULL, "a passphrase is being tried");
    return is_busy;
}

/* NULL: it was answered. */
static struct setup *waiting(struct api_request *request)
{
    struct setup *setup = setup_of(request->api);

    if (!setup)
        api_refuse(request, 409, "exists", NULL,
                   "this node has its wallet already");
    return setup;
}

static void write_step(struct json_writer *writer, struct api_request *request)
{
    const struct api_world *world = api_world(request->api);
    void *user = api_world_user(request->api);
    const struct setup *setup = setup_of(request->api);
    enum setup_step step = setup ? setup_step(setup) : world->first_run(user);

    json_field_text(writer, "step", setup_step_name(step));
    json_field_bool(writer, "waits", api_setup(request->api) != NULL);
    if (!setup)
        return;
    if (setup == api_adding(request->api))
        json_field_text(writer, "adding", api_adding_name(request->api));
    json_field_bool(writer, "busy", setup_is_busy(setup));
    if (step != SETUP_CONFIRM)
        return;
    json_name(writer, "places");
    json_open_array(writer);
    for (unsigned i = 0; i < SETUP_PLACES; i++)
        json_write_u64(writer, setup_places(setup)[i]);
    json_close_array(writer);
}

static void answer_step(struct api_request *request)
{
    struct buffer answer = {0};
    struct json_writer writer = json_writer_make(&answer);

    json_open_object(&writer);
    write_step(&writer, request);
    json_close_object(&writer);
    api_answer(request, &answer);
}

/* Of what takes a moment. */
static void on_ended(void *user, int status)
{
    struct api_request *request = user;
    struct buffer nothing = {0};

    if (status == ERR_DENIED)
        api_refuse(request, 403, "denied", NULL, "%s", err_text());
    else
        api_finish(request, status, &nothing);
}

/* ---- the steps ---- */

static void go(struct api_request *request)
{
    const struct api_world *world = api_world(request->api);
    void *user = api_world_user(request->api);
    struct setup *setup = setup_of(request->api);
    enum setup_step step;
    const char *name;
    int status = json_get_text(request->body, "step", &name);

    if (!status)
        status = setup_step_parse(name, &step);
    /* One more wallet is called off. */
    if (!status && step == SETUP_DONE && setup && !api_setup(request->api) &&
        !setup_is_busy(setup)) {
        api_end_adding(request->api);
        answer_step(request);
        return;
    }
    if (!status && setup)
        status = setup_go(setup, step);
    else if (!status && step != SETUP_DONE && step < SETUP_COINS)
        status = err_set(ERR_STATE, "this node has its wallet already");
    if (status) {
        refuse(request, status, "step");
        return;
    }
    if (!setup)
        world->set_first_run(user, step);
    answer_step(request);
}

static void set_passphrase(struct api_request *request)
{
    struct setup *setup = waiting(request);
    struct bytes passphrase;

    if (!setup)
        return;
    int status = text_of(request, "passphrase", &passphrase);
    if (!status)
        status = setup_set_passphrase(setup, passphrase,
                                      flag_of(request, "remember"));
    if (status)
        refuse(request, status, "passphrase");
    else
        answer_step(request);
}

/* Five words of 2,048: 55 bits, and each guess costs a second. */
static void suggest(struct api_request *request)
{
    struct buffer answer = {0};
    struct json_writer writer = json_writer_make(&answer);
    char words[MNEMONIC_SIZE];
    char *end = words;

    mnemonic_generate(12, words);
    for (unsigned i = 0; i < SUGGESTED_WORDS; i++)
        end = strchr(end, ' ') + 1;
    end[-1] = 0;
    buffer_reserve(&answer, KEY_TEXT_MAX);
    json_open_object(&writer);
    json_field_text(&writer, "passphrase", words);
    json_close_object(&writer);
    sodium_memzero(words, sizeof(words));
    api_answer(request, &answer);
}

static void give_phrase(struct api_request *request)
{
    struct setup *setup = waiting(request);
    struct buffer answer = {0};
    const char *words;

    if (!setup)
        return;
    int status = setup_phrase(setup, &words);
    if (status) {
        api_answer_error(request, status);
        return;
    }
    setup_write_words(words, &answer);
    api_answer(request, &answer);
}

/* {"3":word, "7":word, "11":word}, by the places that GET setup names. */
static void confirm(struct api_request *request)
{
    struct setup *setup = waiting(request);
    struct bytes words[SETUP_PLACES] = {0};
    char field[12] = "";
    unsigned wrong = 0;
    int status = 0;

    if (!setup || is_busy(request))
        return;
    for (unsigned i = 0; i < SETUP_PLACES && !status; i++) {
        snprintf(field, sizeof(field), "%u", setup_places(setup)[i]);
        status = text_of(request, field, &words[i]);
    }
    if (!status) {
        status = setup_confirm(setup, words, &wrong, on_ended, request);
        snprintf(field, sizeof(field), "%u", wrong);
    }
    if (status)
        refuse(request, status, field);
}

/* ---- a wallet that is brought ---- */

struct looking {
    struct api_request *request;
    struct pubkey main, staking, staking_kpl;
};

/* stakes: an answer of node/node_stake_search.h; NULL: they are not known. */
static void answer_look(struct looking *looking, struct buffer *stakes)
{
    struct buffer answer = {0};
    struct json_writer writer = json_writer_make(&answer);

    json_open_object(&writer);
    json_field_text(&writer, "main", PUBKEY_TEXT(&looking->main));
    json_field_text(&writer, "staking", PUBKEY_TEXT(&looking->staking));
    json_field_text(&writer, "kpl_staking", PUBKEY_TEXT(&looking->staking_kpl));
    if (stakes) {
        json_name(&writer, "stakes");
        json_write_raw(&writer, buffer_view(stakes));
    }
    json_close_object(&writer);
    api_answer(looking->request, &answer);
    free(looking);
}

static void on_stakes(void *user, int status, struct buffer *stakes)
{
    err_clear();
    answer_look(user, status ? NULL : stakes);
    buffer_free(stakes);
}

/* Whoever brings a wallet sees what stands behind it before it is taken. */
static void look(struct api_request *request, struct bytes text,
                 const char *field)
{
    const struct api_world *world = api_world(request->api);
    struct looking *looking = mem_zero(1, sizeof(*looking));
    int status = setup_look(text, &looking->main, &looking->staking,
                            &looking->staking_kpl);
    const struct pubkey keys[] = {looking->staking, looking->staking_kpl};

    looking->request = request;
    if (status) {
        free(looking);
        refuse(request, status, field);
    } else if (!world->stakes || world->stakes(api_world_user(request->api),
                                               keys, 2, on_stakes, looking)) {
        err_clear();
        answer_look(looking, NULL);
    }
}

static void import(struct api_request *request)
{
    struct setup *setup = waiting(request);
    struct buffer text = {0};
    const char *field;

    if (!setup || is_busy(request))
        return;
    int status = wallet_of(request, &text, &field);
    if (!status && !flag_of(request, "take")) {
        look(request, buffer_view(&text), field);
    } else {
        if (!status)
            status = setup_import(setup, buffer_view(&text), on_ended, request);
        if (status)
            refuse(request, status, field);
    }
    buffer_wipe(&text);
}

static void replace(struct api_request *request)
{
    struct setup *setup = waiting(request);
    struct bytes words, passphrase;
    const char *field = "words";

    if (!setup)
        return;
    int status = text_of(request, "words", &words);
    if (!status) {
        field = "passphrase";
        status = text_of(request, "passphrase", &passphrase);
    }
    if (!status)
        status = setup_check_passphrase(passphrase);
    if (!status) {
        field = "words";
        status = setup_replace(setup, words, passphrase,
                               flag_of(request, "remember"), on_ended, request);
    }
    if (status)
        refuse(request, status, field);
}

static const struct api_row rows[] = {
    {"GET", "setup", API_READ, answer_step},
    {"POST", "setup/step", API_ORDER, go},
    {"POST", "setup/passphrase", API_ORDER, set_passphrase},
    {"POST", "setup/suggestion", API_ORDER, suggest},
    {"POST", "setup/phrase", API_ORDER, give_phrase},
    {"POST", "setup/confirm", API_ORDER, confirm},
    {"POST", "setup/import", API_ORDER, import},
    {"POST", "setup/replace", API_ORDER, replace},
};

const struct api_area api_area_setup = {
    .rows = rows,
    .row_count = sizeof(rows) / sizeof(*rows),
};
