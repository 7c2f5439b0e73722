// A real OpenID Connect provider for the tests: oidc-provider, certified by the OpenID Foundation. It signs in whoever asks, without
// a page: the name is its third argument.
//
//   node provider.mjs PORT REDIRECT NAME GROUP
import Provider from "oidc-provider";
import { generateKeyPairSync } from "node:crypto";

const [port, redirect, name, group] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;
const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });

const provider = new Provider(issuer, {
  jwks: { keys: [{ ...privateKey.export({ format: "jwk" }), use: "sig", alg: "RS256", kid: "test" }] },
  clients: [
    {
      client_id: "mujun",
      client_secret: "a secret of the tests alone",
      redirect_uris: [redirect],
      response_types: ["code"],
      grant_types: ["authorization_code"],
    },
  ],
  claims: { openid: ["sub"], profile: ["preferred_username", "groups"] },
  conformIdTokenClaims: false,
  pkce: { required: () => true },
  cookies: { keys: ["a key of the tests alone"] },
  features: { devInteractions: { enabled: false } },
  interactions: { url: (_context, interaction) => `/interaction/${interaction.uid}` },
  findAccount: (_context, id) => ({
    accountId: id,
    claims: () => ({ sub: id, preferred_username: id, groups: ["others", group] }),
  }),
});

// every interaction is answered at once: signed in, everything granted
provider.use(async (context, next) => {
  if (!context.path.startsWith("/interaction/")) return next();
  const { params, session } = await provider.interactionDetails(context.req, context.res);
  const grant = new provider.Grant({ accountId: session?.accountId ?? name, clientId: params.client_id });
  grant.addOIDCScope("openid profile");
  const result = { login: { accountId: name }, consent: { grantId: await grant.save() } };
  await provider.interactionFinished(context.req, context.res, result, { mergeWithLastSubmission: false });
  context.respond = false;
});

provider.listen(Number(port), "127.0.0.1", () => console.log("listening"));
