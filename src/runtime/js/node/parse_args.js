/*
 * util.parseArgs(): options and arguments of a command line.
 */
'use strict';

(function ({ load }) {
  const { make, arg_type, arg_value, check_boolean, check_object,
    check_string } = load('node/errors');

  const unknown = (text) => make(TypeError, 'ERR_PARSE_ARGS_UNKNOWN_OPTION',
    text);
  const invalid = (text) =>
    make(TypeError, 'ERR_PARSE_ARGS_INVALID_OPTION_VALUE', text);

  function check_values(name, values, type) {
    if (!Array.isArray(values))
      throw arg_type(name, 'an instance of Array', values);
    values.forEach((value, at) => {
      if (typeof value !== type)
        throw arg_type(`${name}[${at}]`, `of type ${type}`, value);
    });
  }

  function check_option(name, option) {
    const key = `options.${name}`;
    check_object(option, key);
    if (option.type !== 'string' && option.type !== 'boolean')
      throw arg_type(`${key}.type`, '(\'string|boolean\')',
        option.type);
    if (Object.hasOwn(option, 'short')) {
      check_string(option.short, `${key}.short`);
      if (option.short.length !== 1)
        throw arg_value(`${key}.short`, option.short,
          'must be a single character');
    }
    if (Object.hasOwn(option, 'multiple'))
      check_boolean(option.multiple, `${key}.multiple`);
    const initial = option.default;
    if (initial === undefined)
      return;
    if (option.multiple)
      check_values(`${key}.default`, initial, option.type);
    else if (typeof initial !== option.type)
      throw arg_type(`${key}.default`, `of type ${option.type}`, initial);
  }

  /* The option's name and what is known of it. */
  function find_short(options, letter) {
    const found = Object.entries(options).find(([, { short }]) =>
      short === letter);
    return found ? found[0] : letter;
  }

  const own = (options, name) =>
    Object.hasOwn(options, name) ? options[name] : undefined;

  /* Tokens in the order of the arguments. */
  function* read(args, options, allows_negative) {
    const wants = (name) => own(options, name)?.type === 'string';
    const left = args.map((arg, index) => ({ arg, index }));
    while (left.length) {
      const { arg, index } = left.shift();
      const value_after = () => left[0] && left[0].arg !== undefined
        ? left.shift().arg : undefined;
      if (arg === '--') {
        yield { kind: 'option-terminator', index };
        for (const rest of left.splice(0))
          yield { kind: 'positional', index: rest.index, value: rest.arg };
      } else if (/^-[^-]$/.test(arg)) {
        const name = find_short(options, arg[1]);
        const value = wants(name) ? value_after() : undefined;
        yield { kind: 'option', name, rawName: arg, index, value,
          inlineValue: value === undefined ? undefined : false };
      } else if (/^-[^-]./s.test(arg)) {
        const name = find_short(options, arg[1]);
        if (wants(name)) {
          yield { kind: 'option', name, rawName: `-${arg[1]}`, index,
            value: arg.slice(2), inlineValue: true };
        } else {
          /* A group of flags, of which the last may take a value. */
          left.unshift({ arg: `-${arg[1]}`, index },
            { arg: `-${arg.slice(2)}`, index });
        }
      } else if (arg.startsWith('--')) {
        const equals = arg.indexOf('=', 3);
        const raw = equals < 0 ? arg : arg.slice(0, equals);
        let name = raw.slice(2);
        let value = equals < 0 ? undefined : arg.slice(equals + 1);
        let is_inline = equals < 0 ? undefined : true;
        if (allows_negative && equals < 0 && name.startsWith('no-') &&
          !own(options, name) && own(options, name.slice(3))?.type !==
          'string') {
          name = name.slice(3);
          yield { kind: 'option', name, rawName: raw, index, value: undefined,
            inlineValue: undefined, is_negative: true };
          continue;
        }
        if (equals < 0 && wants(name)) {
          value = value_after();
          is_inline = value === undefined ? undefined : false;
        }
        yield { kind: 'option', name, rawName: raw, index, value,
          inlineValue: is_inline };
      } else {
        yield { kind: 'positional', index, value: arg };
      }
    }
  }

  function shown(name, option) {
    return `${option.short ? `-${option.short}, ` : ''}--${name}`;
  }

  function check_token(token, options, allows_positionals) {
    const option = own(options, token.name);
    if (!option)
      throw unknown(`Unknown option '${token.rawName}'` +
        (allows_positionals ? '. To specify a positional argument starting ' +
          'with a \'-\', place it at the end of the command after ' +
          `'--', as in '-- ${JSON.stringify(token.rawName)}` : ''));
    if (option.type === 'string' && typeof token.value !== 'string')
      throw invalid(`Option '${shown(token.name, option)} <value>' argument ` +
        'missing');
    if (option.type === 'boolean' && token.value !== undefined)
      throw invalid(`Option '${shown(token.name, option)}' does not take an ` +
        'argument');
    if (token.inlineValue === false && token.value.startsWith('-'))
      throw invalid(`Option '${token.rawName}' argument is ambiguous.\nDid ` +
        `you forget to specify the option argument for '${token.rawName}'?\n` +
        'To specify an option argument starting with a dash use ' +
        (token.rawName.startsWith('--') ? `'${token.rawName}=-XYZ'.`
          : `'--${token.name}=-XYZ' or '${token.rawName}-XYZ'.`));
  }

  function store(values, token, options) {
    const option = own(options, token.name);
    const value = token.value ?? !token.is_negative;
    if (token.name === '__proto__')
      return;
    if (option?.multiple)
      (values[token.name] ??= []).push(value);
    else
      values[token.name] = value;
  }

  return function parseArgs(config = {}) {
    check_object(config, 'config');
    const { args = process.argv.slice(2), options = {}, strict = true,
      tokens: wants_tokens = false, allowNegative = false } = config;
    const allows_positionals = config.allowPositionals ?? !strict;
    if (!Array.isArray(args))
      throw arg_type('args', 'an instance of Array', args);
    check_boolean(strict, 'strict');
    check_boolean(allows_positionals, 'allowPositionals');
    check_boolean(wants_tokens, 'tokens');
    check_boolean(allowNegative, 'allowNegative');
    check_object(options, 'options');
    for (const [name, option] of Object.entries(options))
      check_option(name, option);

    const values = Object.create(null);
    const positionals = [];
    const tokens = [];
    for (const token of read(args, options, allowNegative)) {
      if (token.kind === 'option') {
        if (strict)
          check_token(token, options, allows_positionals);
        store(values, token, options);
      } else if (token.kind === 'positional') {
        if (!allows_positionals)
          throw make(TypeError, 'ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL',
            `Unexpected argument '${token.value}'. This command does not ` +
            'take positional arguments');
        positionals.push(token.value);
      }
      delete token.is_negative;
      tokens.push(token);
    }
    for (const [name, option] of Object.entries(options))
      if (option.default !== undefined && values[name] === undefined)
        values[name] = option.default;
    return { values, positionals, ...wants_tokens && { tokens } };
  };
})
