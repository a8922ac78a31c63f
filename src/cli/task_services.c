/*
 * See cli/task_services.h.
 *
 * A service takes files of those who have staked, and has the staking key sign
 * for them. It is that of a node's folder; the wallet that pays has no stake.
 */
#include "cli/task_services.h"

#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/redact.h"
#include "cli/node_face.h"
#include "net/url.h"
#include "node/money/payload_signing.h"
#include "node/money/upload_signing.h"
#include "node/reach/koii_hosts.h"

#include <stdlib.h>

/* Of one request, and a second more for so many bytes: half a megabit a second
 * is what a poor line sends. */
#define LIMIT_S 60
#define BYTES_EACH_S (64u << 10)

/* ---- which ---- */

static int add(struct task_services *services, const char *format,
               const char *name)
{
    if (services->count == STORAGE_SERVICES_MAX)
        return err_set(ERR_LIMIT, "an upload goes to at most %d services",
                       STORAGE_SERVICES_MAX);
    services->urls[services->count++] = mem_format(format, name);
    return 0;
}

static int add_koii(struct task_services *services)
{
    int status = 0;

    for (size_t i = 0; i < KOII_STORAGE_HOSTS && !status; i++)
        status = add(services, "https://%s", koii_storage_hosts[i]);
    return status;
}

static int add_named(struct task_services *services, const char *name)
{
    struct url url;

    if (!strcmp(name, "koii"))
        return add_koii(services);
    if (url_parse(bytes_text(name), &url) ||
        strncmp(url.scheme, "http", 4) != 0)
        return err_set(ERR_INVALID,
                       "--upload-to takes a URL of http or https, \"koii\" or "
                       "\"none\", not '%s'",
                       name);
    return add(services, "%s", name);
}

/* What the chain names has to be where its nodes look for it. */
static int add_default(struct task_services *services)
{
    struct settings_found rpc;
    struct url url;
    int status = settings_rpc(&services->cli->place, &rpc);

    if (status)
        return status;
    /* All endpoints are of one network. */
    if (!url_parse(bytes_make(rpc.value, strcspn(rpc.value, " ")), &url) &&
        koii_hosts_is_endpoint(url.host))
        status = add_koii(services);
    settings_free(&rpc);
    err_clear();
    return status;
}

int task_services_find(struct cli *cli,
                       const struct task_services_values *given,
                       struct task_services *out)
{
    const struct option_list *list = &given->upload_to;
    struct pubkey task;
    int status = 0;

    *out = (struct task_services){.cli = cli, .given = given};
    if (given->storage_task &&
        pubkey_parse(bytes_text(given->storage_task), &task))
        return err_set(ERR_INVALID, "--storage-task takes a task's address");
    if (list->count == 1 && !strcmp(list->values[0], "none"))
        return 0;
    if (!list->count)
        return add_default(out);
    for (size_t i = 0; i < list->count && !status; i++)
        status = add_named(out, list->values[i]);
    return status;
}

void task_services_close(struct task_services *services)
{
    signer_end(services->signer);
    for (size_t i = 0; i < services->count; i++)
        free(services->urls[i]);
}

/* ---- who ---- */

/* From the question for a key's account to its owner. */
struct owner_wait {
    struct client_waiting waiting;
    const struct pubkey *program;
    bool is_owner;
};

static void on_account(void *user, int status,
                       const struct client_account *account)
{
    struct owner_wait *wait = user;

    wait->is_owner =
        !status && account && pubkey_equal(&account->owner, wait->program);
    client_finish(&wait->waiting, status);
}

/* Whether the key's account is of the task program: then it has staked. */
static int has_staked(struct session *session, const struct pubkey *key,
                      bool is_kpl, bool *out)
{
    struct owner_wait wait = {.program = recipe_program(is_kpl)};

    client_account_info(session->client, key, on_account, &wait);
    int status =
        session_status(session, client_wait(session->client, &wait.waiting));
    *out = wait.is_owner;
    return status;
}

/* A node has a staking key for each program. */
static int find_key(struct task_services *services, struct session *session)
{
    bool found = false;
    int status = 0;

    for (int is_kpl = 0; is_kpl < 2 && !status && !found; is_kpl++) {
        services->role = is_kpl ? SIGNER_STAKING_KPL : SIGNER_STAKING;
        if (is_kpl)
            status = signer_staking_kpl(services->signer, &services->key);
        else
            services->key = *signer_staking(services->signer);
        if (!status)
            status = has_staked(session, &services->key, is_kpl, &found);
    }
    if (status || found)
        return status;
    return cli_hint(
        services->cli,
        err_set(ERR_DENIED,
                "storage services take files of those who have "
                "staked, and the node's staking key, %s, has not",
                PUBKEY_TEXT(signer_staking(services->signer))),
        "`pond task stake` does; --node-dir names another node, and "
        "`--upload-to none` keeps the files in the own store alone");
}

int task_services_open(struct task_services *services, struct session *session)
{
    if (!services->count)
        return 0;
    char *folder = node_face_folder(services->cli);
    int status = signer_load(NULL, folder, NULL, &services->cli->passphrase,
                             &services->signer);

    free(folder);
    if (status == ERR_NOT_FOUND)
        cli_hint(services->cli, status,
                 "a node's staking key signs for uploads: --node-dir names its "
                 "folder, and `--upload-to none` uploads to no service");
    return status ? status : find_key(services, session);
}

/* ---- the upload ---- */

struct sign_wait {
    bool is_done;
    int status;
    struct buffer text; /* base58 of signature and hash */
};

static void on_signed(void *user, int status, const struct signature *signature,
                      struct bytes bytes)
{
    struct sign_wait *wait = user;

    wait->is_done = true;
    wait->status = status;
    if (!status)
        payload_signing_text(signature, bytes, &wait->text);
}

/* Of the file's hash; the caller frees *out. */
static int sign_file(struct task_services *services, struct bytes data,
                     struct buffer *out)
{
    const struct signer_key key = {.role = services->role};
    struct sign_wait wait = {0};
    struct buffer hash = {0};

    upload_signing_hash(data, &hash);
    signer_sign(services->signer, &key, SIGNER_UPLOAD, buffer_view(&hash),
                on_signed, &wait);
    while (!wait.is_done)
        signer_turn(services->signer);
    buffer_free(&hash);
    *out = wait.text;
    return wait.status;
}

/* Texts of services are strangers', and a URL may hold a key. */
static void on_said(void *user, const char *url, const char *text)
{
    struct task_services *services = user;
    struct buffer shown = {0};

    output_harmless(bytes_text(text), "", &shown);
    cli_say(services->cli, "%s: %s", REDACTED_URL(url), buffer_string(&shown));
    buffer_free(&shown);
}

static unsigned limit_ms(const struct task_services *services,
                         const struct deployment_files *files)
{
    uint64_t limit_s = services->given->limit_s;

    if (!limit_s)
        limit_s = LIMIT_S + files->bundle.size / BYTES_EACH_S;
    return (unsigned)(limit_s * 1000);
}

static int upload(struct task_services *services,
                  const struct deployment_files *files,
                  struct buffer signatures[2])
{
    const struct storage_file list[2] = {
        {.name = DEPLOYMENT_BUNDLE_NAME,
         .cid = files->content.executable_cid,
         .data = buffer_view(&files->bundle),
         .signed_hash = buffer_string(&signatures[0])},
        {.name = DEPLOYMENT_METADATA_NAME,
         .cid = files->content.metadata_cid,
         .data = buffer_view(&files->metadata),
         .signed_hash = buffer_string(&signatures[1])},
    };
    const struct storage_upload_options options = {
        .task = services->given->storage_task ? services->given->storage_task
                                              : KOII_STORAGE_TASK,
        .urls = (const char *const *)services->urls,
        .url_count = services->count,
        .files = list,
        .file_count = 2,
        .key = services->key,
        .limit_ms = limit_ms(services, files),
        .said = on_said,
        .user = services,
    };

    return storage_upload(&options, services->held);
}

int task_services_upload(struct task_services *services,
                         const struct deployment_files *files)
{
    struct buffer signatures[2] = {0};

    if (!services->count)
        return 0;
    CHECK(services->signer);
    int status =
        sign_file(services, buffer_view(&files->bundle), &signatures[0]);
    if (!status)
        status =
            sign_file(services, buffer_view(&files->metadata), &signatures[1]);
    if (!status) {
        status = upload(services, files, signatures);
        if (status)
            cli_hint(services->cli, status,
                     "nothing was paid; called again it goes on where it was. "
                     "--upload-to names other services, or none");
    }
    buffer_free(&signatures[0]);
    buffer_free(&signatures[1]);
    return status;
}

void task_services_print(const struct task_services *services, bool is_done)
{
    struct buffer text = {0};

    if (!services->count)
        return;
    for (size_t i = 0; i < services->count; i++)
        if (!is_done || services->held[i])
            buffer_format(&text, "%s%s", text.size ? " " : "",
                          REDACTED_URL(services->urls[i]));
    output_text(&services->cli->output, is_done ? "uploaded_to" : "upload_to",
                buffer_string(&text));
    buffer_free(&text);
}
