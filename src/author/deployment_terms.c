/*
 * From a checked deployment to the terms of CreateTask. What can be refused was
 * refused when the configuration was read; here texts are fitted to the fields
 * on chain, and nothing fails but the codec.
 */
#include "author/deployment_terms.h"
#include "base/check.h"
#include "settlement/format/task_address.h"

/* The first characters of the text, whole ones, that fit into size bytes. Cut
 * between characters: half of one would not be UTF-8, and readers of the chain
 * show it. */
static struct bytes beginning(const char *text, size_t characters, size_t size)
{
    size_t end = 0;

    while (text[end] && characters > 0) {
        size_t next = end + 1;

        /* Bytes 10xxxxxx continue a character of UTF-8. */
        while (((uint8_t)text[next] & 0xc0) == 0x80)
            next++;
        if (next > size)
            break;
        end = next;
        characters--;
    }
    return bytes_make(text, end);
}

/* Pure: what goes on chain can be seen before it is paid for. */
void deployment_terms(const struct deployment *deployment,
                      const struct deployment_content *content,
                      struct task_terms *out)
{
    CHECK(deployment && content && out);
    *out = (struct task_terms){
        .task_name = bytes_text(deployment->task_name),
        .task_description =
            beginning(deployment->description,
                      DEPLOYMENT_DESCRIPTION_CHARACTERS, TASK_TEXT_SIZE),
        .task_audit_program = bytes_text(content->executable_cid),
        .task_executable_network = bytes_text(deployment->executable_network),
        .total_bounty_amount = deployment->total_bounty_roe,
        .bounty_amount_per_round = deployment->bounty_per_round_roe,
        .round_time = deployment->round_time,
        .audit_window = deployment->audit_window,
        .submission_window = deployment->submission_window,
        .minimum_stake_amount = deployment->minimum_stake_roe,
        .task_metadata = bytes_text(content->metadata_cid),
        .task_vars = bytes_text(""),
        .allowed_failed_distributions =
            deployment->allowed_failed_distributions,
    };
}

/* The stake pot is drawn anew for each task, for nobody ever holds its key. */
int deployment_create(const struct deployment *deployment,
                      const struct deployment_content *content,
                      const struct keypair *task, struct recipe *recipe)
{
    CHECK(task && recipe);
    struct task_terms terms;
    struct pubkey stake_pot;

    deployment_terms(deployment, content, &terms);
    task_address_stake_pot_generate(&stake_pot);
    return recipe_create_task(recipe, task, &stake_pot, &terms,
                              deployment->space_bytes);
}
