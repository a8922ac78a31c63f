#include "settlement/task_address.h"
#include "base/check.h"
#include "base/error.h"
#include "crypto/address.h"

const struct pubkey task_address_program = {
    {0x04, 0xd1, 0x47, 0xc1, 0xb4, 0x83, 0xc0, 0x0b, 0x49, 0xe4, 0x36,
     0x72, 0xfd, 0xfe, 0xb0, 0x85, 0x5e, 0xdd, 0x30, 0x98, 0xa9, 0x3f,
     0x6b, 0x02, 0xa6, 0xf5, 0xd0, 0x90, 0x47, 0xdc, 0x11, 0xf7}};

const struct pubkey task_address_burn = {
    {0x02, 0xcb, 0x93, 0x40, 0xdc, 0xfe, 0xf7, 0x36, 0x52, 0x5a, 0xfc,
     0x30, 0xa1, 0xc0, 0x34, 0xe3, 0x86, 0xa3, 0xf1, 0x28, 0xcf, 0xe0,
     0x89, 0xa3, 0x47, 0x25, 0x9d, 0x40, 0x47, 0xdc, 0x11, 0xf7}};

#define STAKE_POT_BEGINNING "stakepotaccount"

struct pubkey task_address_manager_list(void)
{
    struct pubkey address;
    struct bytes seed = bytes_text("manager");
    CHECK(address_find(&seed, 1, &task_address_program, &address, NULL) == 0);
    return address;
}

bool task_address_is_stake_pot(const struct pubkey *pot)
{
    return bytes_begin_with(bytes_text(PUBKEY_TEXT(pot)),
                            bytes_text(STAKE_POT_BEGINNING));
}

void task_address_stake_pot_generate(struct pubkey *out)
{
    /* 44 characters that begin with "s" are more than 32 bytes; of 43, half
     * are a point of the curve. The loop ends after a handful of rounds. */
    for (;;) {
        struct keypair keypair;
        keypair_generate(&keypair);
        struct pubkey_text text = pubkey_text(&keypair.pubkey);
        keypair_wipe(&keypair);
        text.text[43] = 0;
        memcpy(text.text, STAKE_POT_BEGINNING, strlen(STAKE_POT_BEGINNING));
        if (base58_decode_exact(bytes_text(text.text), out->bytes, 32) == 0 &&
            pubkey_is_on_curve(out) && task_address_is_stake_pot(out))
            break;
    }
    err_clear();
}
