/*
 * From a checked deployment to the terms of CreateTask. What can be refused was
 * refused when the configuration was read; here texts are fitted to the fields
 * on chain, and nothing fails but the codec.
 */
#include "author/deployment_terms.h"
#include "base/check.h"
#include "base/error.h"
#include "settlement/format/account.h"
#include "settlement/format/task_address.h"
#include "settlement/format/well_known.h"

/* Deployments count in billionths. */
#define DEPLOYMENT_DECIMALS 9

/* Solana's, and a private network's (docs/settlement.md). */
#define FEE_PER_SIGNATURE 5000

/* Of the pot of a KPL task, an account of the token program. */
#define TOKEN_ACCOUNT_SIZE 165

/* A mint's account (spl-token, struct Mint): its size, and where it holds the
 * decimals and whether it was initialised. */
#define MINT_SIZE 82
#define MINT_DECIMALS_AT 44
#define MINT_INITIALISED_AT 45

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
        .task_name = beginning(deployment->task_name, DEPLOYMENT_NAME_SIZE_MAX,
                               TASK_NAME_SIZE),
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

/* The stake pot is drawn anew for each task; nobody ever holds its key. */
int deployment_create(const struct deployment *deployment,
                      const struct deployment_content *content,
                      const struct pubkey *task, struct recipe *recipe)
{
    CHECK(!deployment->is_kpl && task && recipe);
    struct task_terms terms;
    struct pubkey stake_pot;

    deployment_terms(deployment, content, &terms);
    task_address_stake_pot_generate(&stake_pot);
    return recipe_create_task(recipe, task, &stake_pot, &terms,
                              deployment->space_bytes);
}

int deployment_token_units(const char *what, uint8_t decimals, uint64_t *amount)
{
    for (unsigned i = DEPLOYMENT_DECIMALS; i < decimals; i++) {
        if (__builtin_mul_overflow(*amount, 10, amount))
            return err_set(ERR_RANGE,
                           "%s is too large for a token with %u decimals", what,
                           decimals);
    }
    for (unsigned i = decimals; i < DEPLOYMENT_DECIMALS; i++) {
        if (*amount % 10)
            return err_set(ERR_RANGE,
                           "%s has more than the token's %u decimals", what,
                           decimals);
        *amount /= 10;
    }
    return 0;
}

int deployment_use_units(struct deployment *deployment, uint8_t decimals)
{
    CHECK(deployment->is_kpl);
    int status = deployment_token_units("config: total_bounty_amount", decimals,
                                        &deployment->total_bounty_roe);
    if (!status)
        status =
            deployment_token_units("config: bounty_amount_per_round", decimals,
                                   &deployment->bounty_per_round_roe);
    if (!status)
        status =
            deployment_token_units("config: minimum_stake_amount", decimals,
                                   &deployment->minimum_stake_roe);
    return status;
}

/* The terms of a KPL task, in base units. */
static int kpl_terms(const struct deployment *deployment,
                     const struct deployment_content *content, uint8_t decimals,
                     struct task_terms *out)
{
    struct deployment in_units = *deployment;
    int status = deployment_use_units(&in_units, decimals);

    deployment_terms(&in_units, content, out);
    return status;
}

int deployment_create_kpl(const struct deployment *deployment,
                          const struct deployment_content *content,
                          const struct pubkey *task,
                          const struct pubkey *stake_pot, uint8_t decimals,
                          struct recipe *recipe)
{
    CHECK(deployment->is_kpl && task && stake_pot && recipe);
    struct task_terms terms;
    int status = kpl_terms(deployment, content, decimals, &terms);

    if (status)
        return status;
    recipe_use_token(recipe, &deployment->token);
    return recipe_create_task(recipe, task, stake_pot, &terms,
                              deployment->space_bytes);
}

int deployment_update(const struct deployment *deployment,
                      const struct deployment_content *content,
                      const struct deployment_move *move, struct recipe *recipe)
{
    CHECK(move && recipe);
    struct task_terms terms;
    struct pubkey pot;
    int status = 0;

    if (deployment->is_kpl) {
        status = kpl_terms(deployment, content, move->decimals, &terms);
        recipe_use_token(recipe, &deployment->token);
        pot = move->new_stake_pot;
    } else {
        deployment_terms(deployment, content, &terms);
        task_address_stake_pot_generate(&pot);
    }
    return status ? status
                  : recipe_update_task(recipe, &move->task, &move->stake_pot,
                                       &move->new_task, &pot, &terms,
                                       deployment->space_bytes);
}

/* The payer and the task sign, and a KPL task's pot. A native pot that is moved
 * to takes its first coins from the old one. */
void deployment_cost(const struct deployment *deployment,
                     struct deployment_cost *out)
{
    *out = (struct deployment_cost){
        .rent_roe = task_instruction_create_lamports(deployment->space_bytes),
        .fee_roe = FEE_PER_SIGNATURE * (deployment->is_kpl ? 3 : 2)};
    if (deployment->is_kpl)
        out->pot_roe = rent_minimum_balance(TOKEN_ACCOUNT_SIZE);
    else if (!deployment->is_update)
        out->pot_roe = TASK_STAKE_POT_LAMPORTS;
    out->rent_roe += out->pot_roe;
    out->roe = out->rent_roe + out->fee_roe +
               (deployment->is_kpl ? 0 : deployment->total_bounty_roe);
}

int deployment_mint_decimals(const struct pubkey *owner, struct bytes data,
                             uint8_t *out)
{
    if (!pubkey_equal(owner, &TOKEN_PROGRAM_ID) || data.size != MINT_SIZE ||
        data.data[MINT_INITIALISED_AT] != 1)
        return err_set(ERR_INVALID, "the account is not a token's mint");
    *out = data.data[MINT_DECIMALS_AT];
    return 0;
}
