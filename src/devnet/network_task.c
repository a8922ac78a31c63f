/*
 * A task on a private network: from its folder to every node at work on it.
 *
 * A creator and N operators would do the same by hand with `pond task create`
 * and `pond task start`, through the same recipes and control ports. The stake
 * is twice the minimum by default: after the 70 % that Koii's template slashes,
 * a node that was caught is below the minimum, and out.
 *
 * Nothing here is special to a private network but the faucet, and one node
 * that may be given another main.js: the cheater is an ordinary node with a
 * dishonest task, as anybody could run it.
 */
#include "author/deployment_terms.h"
#include "base/check.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "devnet/network_parts.h"

#include <stdlib.h>

/* For fees and rents beside the bounty. */
#define WALLET_SPARE_ROE (100ull * 1000000000)

/* What a stake is, in minimum stakes, unless options say so; see the top. */
#define STAKES_MINIMUM 2

/* What the wallet needs in coins for it. */
static uint64_t bounty_in_koii(const struct deployment *deployment)
{
    return deployment->is_kpl ? 0 : deployment->total_bounty_roe;
}

/* The task's key signs its own creation and is not needed again; so does the
 * pot's of a KPL task. */
static int create(struct network *network, const struct deployment *deployment,
                  const struct deployment_content *content)
{
    CHECK(deployment && content);
    struct pubkey task, pot;
    struct recipe recipe;
    int status;

    signer_add_fresh(network->signer, &task);
    recipe_init(&recipe, signer_main(network->signer));
    if (deployment->is_kpl) {
        signer_add_fresh(network->signer, &pot);
        status = deployment_create_kpl(deployment, content, &task, &pot,
                                       NETWORK_TOKEN_DECIMALS, &recipe);
    } else {
        status = deployment_create(deployment, content, &task, &recipe);
    }
    if (!status)
        status = network_send(network, &recipe);
    network->view.task = task;
    recipe_free(&recipe);
    return status;
}

/* The cheater differs from the others in the code alone: it has the same stake,
 * variables and terms. */
static void request_of(const struct network *network, unsigned index,
                       uint64_t stake_roe, const char *engine,
                       const struct network_task_options *options,
                       struct buffer *out)
{
    CHECK(index < network->node_count);
    struct json_writer writer = json_writer_make(out);

    json_open_object(&writer);
    json_field_text(&writer, "task", PUBKEY_TEXT(&network->view.task));
    json_field_u64(&writer, "stake", stake_roe);
    if (options->cheater == index + 1)
        json_field_text(&writer, "executable", options->cheater_executable);
    else if (options->executable)
        json_field_text(&writer, "executable", options->executable);
    /* Of a local file no metadata says it. */
    if (options->executable && engine)
        json_field_text(&writer, "engine", engine);
    json_name(&writer, "variables");
    json_write_raw(&writer,
                   bytes_text(options->variables ? options->variables : "{}"));
    json_close_object(&writer);
}

/* A node that accepts stakes and fetches the code by itself; network_watch()
 * shows how it fares. The first node that refuses ends the deployment, and the
 * error names it. */
static int start_everywhere(struct network *network, uint64_t stake_roe,
                            const char *engine,
                            const struct network_task_options *options)
{
    int status = 0;

    for (unsigned i = 0; i < network->node_count && !status; i++) {
        struct network_node *node = &network->view.nodes[i];
        struct buffer request = {0}, answer = {0};

        node->is_cheater = options->cheater == i + 1;
        node->first_stake_roe = stake_roe;
        request_of(network, i, stake_roe, engine, options, &request);
        status = control_client_ask(&network->controls[i], "/start",
                                    buffer_string(&request), &answer);
        if (status)
            err_add(status, "%s", node->name);
        buffer_free(&request);
        buffer_free(&answer);
    }
    return status;
}

/* The order is the one a creator follows: store, wallet, chain, nodes. The
 * wallet is filled with twice what is needed, because network_fill() is content
 * with half. */
int network_deploy(struct network *network,
                   const struct network_task_options *options)
{
    CHECK(network && options && options->config);
    struct deployment deployment;
    struct deployment_files files;
    uint64_t stake_roe;
    char *folder = file_parent(options->config);
    int status = deployment_load(options->config, &deployment);

    if (status)
        goto err0;
    if (!deployment_is_stored(&deployment)) {
        status = err_set(ERR_UNSUPPORTED,
                         "only tasks on the network IPFS are run, this one "
                         "names %s",
                         deployment.executable_network);
        goto err1;
    }
    status = deployment_files_read(&deployment, folder, &files);
    if (status)
        goto err1;
    stake_roe = options->stake_roe
                    ? options->stake_roe
                    : STAKES_MINIMUM * deployment.minimum_stake_roe;
    status =
        deployment_files_store(&files, deployment.task_name, network->store);
    if (!status)
        status =
            network_fill(network, signer_main(network->signer),
                         2 * (bounty_in_koii(&deployment) + WALLET_SPARE_ROE));
    if (!status && deployment.is_kpl)
        status = network_tokens(network, &deployment, stake_roe);
    if (!status)
        status = create(network, &deployment, &files.content);
    if (!status)
        network_note(network, "task %s is on chain, its code is %s",
                     PUBKEY_TEXT(&network->view.task),
                     files.content.executable_cid);
    if (!status)
        status =
            start_everywhere(network, stake_roe, deployment.engine, options);
    deployment_files_free(&files);
err1:
    deployment_free(&deployment);
err0:
    free(folder);
    return status;
}

int network_reload(struct network *network)
{
    struct buffer request = {0};
    struct json_writer writer = json_writer_make(&request);
    int status = 0;

    json_open_object(&writer);
    json_field_text(&writer, "task", PUBKEY_TEXT(&network->view.task));
    json_close_object(&writer);
    for (unsigned i = 0; i < network->node_count && !status; i++) {
        struct buffer answer = {0};

        status = control_client_ask(&network->controls[i], "/reload",
                                    buffer_string(&request), &answer);
        if (status)
            err_add(status, "%s", network->view.nodes[i].name);
        buffer_free(&answer);
    }
    buffer_free(&request);
    return status;
}
