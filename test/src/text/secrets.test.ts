import {describe, expect, test} from 'vitest';
import {createLineRedactor, redact} from '../../../src/text/redact.ts';

/** Made up, and put together here: a scanner of this repository must not take them for real ones. */
const s = 'S3CRETs3cret';
const long = 'S3CRETabcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ'.repeat(3);
const hex = '5e884898da28047151d0e56f8dc6292773603d0d6aabbddS3CRET'.replace('S3CRET', '').padEnd(64, '0');
const jwt = `eyJ${long.slice(0, 30)}.eyJ${long.slice(0, 40)}.${long.slice(0, 43)}`;
const key = `MIIEowIBAAKCAQEA${long.slice(0, 48)}`;
const base64 = (text: string) => Buffer.from(text).toString('base64');

/** A text, and the part of it that must not be left. */
const forms: readonly (readonly [name: string, text: string, secret: string])[] = [
	['AWS secret key', `AWS_SECRET_ACCESS_KEY=${s}`, s],
	['AWS key id', `using AKIA${'ABCDEFGH23456789'} for S3`, 'ABCDEFGH23456789'],
	['AWS credentials file', `aws_secret_access_key = ${s}\naws_session_token = ${s}`, s],
	['presigned S3', `GET https://b.s3.amazonaws.com/o?X-Amz-Expires=60&X-Amz-Signature=${hex} 200`, hex],
	['AWS signature header', `Authorization: AWS4-HMAC-SHA256 Credential=AKIA/1/s3, Signature=${hex}`, hex],
	['private_key=', `private_key=${s}`, s],
	['DB_PASS=', `DB_PASS=${s} DB_HOST=db`, s],
	['db.pass', `spring.db.pass=${s}`, s],
	['pass of JSON', `{"pass":"${s}"}`, s],
	['password of JSON in JSON', `{"body":"{\\"password\\":\\"${s}\\",\\"user\\":\\"app\\"}"}`, s],
	['camel case', `{"clientSecret":"${s}","accessToken": "${s}"}`, s],
	['numbered', `PASSWORD_1=${s} password2=${s}`, s],
	['Ruby', `{:password=>"${s}", :user=>"app"}`, s],
	['Python', `{'password': '${s}', 'user': 'app'}`, s],
	['Python, escaped', `{'password': 'a\\'${s}'}`, s],
	['subscript', `config["password"] = "${s}"`, s],
	['YAML block', `user: app\npassword: |\n  ${s}\n  ${s}\nhost: db`, s],
	['XML', `<user>app</user><password>${s}</password>`, s],
	['Basic', `Authorization: Basic ${base64(`app:${s}`)}`, base64(`app:${s}`)],
	['Basic alone', `sending Basic ${base64(`app:${s}`)} upstream`, base64(`app:${s}`)],
	['Bearer', `sending Bearer ${s} upstream`, s],
	['Authorization of JSON', `{"authorization":["Bearer ${s}"],"accept":["*/*"]}`, s],
	['Authorization without a scheme', `Authorization: ${s}`, s],
	['Proxy-Authorization', `proxy-authorization: Token ${s}`, s],
	['Digest', `Authorization: Digest username="app", response="${s}"`, s],
	['Cookie', `Cookie: theme=dark; session=${s}; id=${s}`, s],
	['Set-Cookie', `< set-cookie: session=${s}; Path=/; HttpOnly`, s],
	['cookie of JSON', `{"cookie":"session=${s}; a=b","host":"x"}`, s],
	['x-api-key', `x-api-key: ${s}`, s],
	['header by curl', `curl -H 'Cookie: a=${s}; b=${s}' -H "X-Api-Key: ${s}" http://web/`, s],
	['X-Vault-Token', `X-Vault-Token: ${s}`, s],
	['JWT', `user logged in with ${jwt}`, jwt.slice(-43)],
	['JWT in a query', `GET /ws?jwt=${jwt} 101`, jwt.slice(-43)],
	['GitHub', `cloning with ghp_${long.slice(0, 36)}`, long.slice(0, 36)],
	['GitHub Actions', `ghs_${long.slice(0, 36)}`, long.slice(0, 36)],
	['GitHub, fine', `github_pat_${long.slice(0, 82)}`, long.slice(0, 82)],
	['GitHub in a URL', `https://x-access-token:${s}@github.com/a/b.git`, s],
	['token for a user', `https://${long.slice(0, 40)}@github.com/a/b.git`, long.slice(0, 40)],
	['GitLab', `glpat-${long.slice(0, 20)}`, long.slice(0, 20)],
	['Slack bot', `xoxb-1234567890-${long.slice(0, 24)}`, long.slice(0, 24)],
	['Slack user', `xoxp-1234567890-${long.slice(0, 24)}`, long.slice(0, 24)],
	['Slack webhook', `POST https://hooks.slack.com/services/T0/B0/${long.slice(0, 24)}`, long.slice(0, 24)],
	['Discord webhook', `POST https://discord.com/api/webhooks/1/${long.slice(0, 60)}`, long.slice(0, 60)],
	['Stripe', `sk_live_${long.slice(0, 24)}`, long.slice(0, 24)],
	['Stripe webhook', `whsec_${long.slice(0, 32)}`, long.slice(0, 32)],
	['Google', `GET /maps?key=AIza${long.slice(0, 35)}`, long.slice(0, 35)],
	['Google OAuth', `ya29.${long.slice(0, 60)}`, long.slice(0, 60)],
	['Azure storage', `DefaultEndpointsProtocol=https;AccountName=a;AccountKey=${s}==;EndpointSuffix=x`, s],
	['Azure bus', `Endpoint=sb://b/;SharedAccessKeyName=Root;SharedAccessKey=${s}=`, s],
	['Azure SAS', `https://a.blob.core.windows.net/c?sv=2024&sig=${s}%3D&se=1`, s],
	['npm', `//registry.example/:_authToken=npm_${long.slice(0, 36)}`, long.slice(0, 36)],
	['npm alone', `npm_${long.slice(0, 36)}`, long.slice(0, 36)],
	['npmrc', `_auth=${base64(`app:${s}`)}`, base64(`app:${s}`)],
	['Docker configuration', `{"auths":{"r":{"auth":"${base64(`app:${s}`)}"}}}`, base64(`app:${s}`)],
	['PyPI', `pypi-AgEIcHlwaS5vcmc${long.slice(0, 60)}`, long.slice(0, 60)],
	['SendGrid', `SG.${long.slice(0, 22)}.${long.slice(0, 43)}`, long.slice(0, 22)],
	['Vault', `hvs.${long.slice(0, 90)}`, long.slice(0, 90)],
	['OpenAI', `sk-proj-${long.slice(0, 100)}`, long.slice(0, 100)],
	['Hugging Face', `hf_${long.slice(10, 44)}`, long.slice(10, 44)],
	['Terraform', `abc.atlasv1.${long.slice(0, 60)}`, long.slice(0, 60)],
	['Grafana', `glsa_${long.slice(0, 32)}_0a1b2c3d`, long.slice(0, 32)],
	['Shopify', `shpat_${hex.slice(0, 32)}`, hex.slice(0, 32)],
	['age', `AGE-SECRET-KEY-1${'QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L'.repeat(2)}`, 'QPZRY9X8'],
	['PEM', `-----BEGIN RSA PRIVATE KEY-----\n${key}\n${key}\nS3CRET==\n-----END RSA PRIVATE KEY-----`, 'S3CRET=='],
	['PEM, cut', `-----BEGIN PRIVATE KEY-----\n${key}\n${key}`, key],
	['PEM in JSON', `{"key":"-----BEGIN EC PRIVATE KEY-----\\n${key}\\n-----END EC PRIVATE KEY-----\\n"}`, key],
	['OpenSSH', `-----BEGIN OPENSSH PRIVATE KEY-----\n${key}\n-----END OPENSSH PRIVATE KEY-----`, key],
	['PGP', `-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n${key}\n-----END PGP PRIVATE KEY BLOCK-----`, key],
	['a line of a key', key, key],
	['PEM in base64', `x: ${base64(`-----BEGIN RSA PRIVATE KEY-----\n${key}`)}`, base64(key).slice(10, 40)],
	['kubeconfig', `client-key-data: ${base64(s)}`, base64(s)],
	['curl -u', `curl -sS -u app:${s} https://web/`, s],
	['curl -u, quoted', `curl -u 'app:${s}' https://web/`, s],
	['curl --user', `curl --user app:${s} https://web/`, s],
	['mysql -p', `mysqldump -h db -u root -p${s} shop`, s],
	['--password', `pg_tool --user app --password ${s} --host db`, s],
	['--password=', `wget --password=${s} ftp://a/`, s],
	['arguments of JSON', `"args":["--api-token","${s}","--port","80"]`, s],
	['sshpass', `sshpass -p ${s} ssh db`, s],
	['docker login', `docker login -u app -p ${s} registry.example`, s],
	['openssl', `openssl rsa -in k.pem -passin pass:${s}`, s],
	['ldapsearch', `ldapsearch -D cn=app -w ${s} -b dc=x`, s],
	['netrc', `machine db login app password ${s}`, s],
	['environment of YAML', `- name: DB_PASSWORD\n  value: ${s}\n- name: PORT`, s],
	['environment of JSON', `{"name":"API_TOKEN","value":"${s}"}`, s],
	['environment of Go', `{Name:DB_PASSWORD Value:${s} ValueFrom:nil}`, s],
	['pgp_sym_decrypt', `SELECT pgp_sym_decrypt(card, '${s}') FROM cards`, s],
	['pgp_sym_encrypt', `SELECT pgp_sym_encrypt('${s}', 'k${s}', 'cipher-algo=aes256')`, s],
	['hmac', `SELECT hmac(body, '${s}', 'sha256')`, s],
	['set_config', `SELECT set_config('app.api_token', '${s}', false)`, s],
	['IDENTIFIED BY', `CREATE USER app IDENTIFIED BY '${s}'`, s],
	['SCRAM', `rolpassword SCRAM-SHA-256$4096:${base64(s)}$${base64(s)}:${base64(s)}`, base64(s)],
	['md5 of PostgreSQL', `md5${hex.slice(0, 32)}`, hex.slice(0, 32)],
	['bcrypt', `app:$2b$12$${long.slice(0, 53)}`, long.slice(0, 53)],
	['crypt', `root:$6$salt$${long.slice(0, 86)}:19000`, long.slice(0, 86)],
	['argon2', `$argon2id$v=19$m=65536,t=3,p=4$${base64(s)}$${long.slice(0, 43)}`, long.slice(0, 43)],
	['Kafka jaas', `sasl.jaas.config=org.apache.kafka.x.PlainLoginModule required username="app" password="${s}";`, s],
	['Kafka SCRAM', `--add-config SCRAM-SHA-512=[iterations=8192,password=${s}]`, s],
	['Kafka SCRAM, stored', `salt=x,stored_key=${base64(s)},server_key=${base64(s)},iterations=4096`, base64(s)],
	['Redis ACL', `user app on #${hex} ~* &* +@all`, hex],
	['Redis MONITOR', `1700000000.1 [0 10.0.0.1:52000] "AUTH" "app" "${s}"`, s],
	['query', `GET /callback?state=1&access_token=${s}&b=2 200`, s],
	['MongoDB', `mongodb+srv://app:${s}@cluster0.example.net/?retryWrites=true`, s],
	['AMQP', `amqps://app:${s}@rabbit:5671/%2f`, s],
	['JDBC', `jdbc:postgresql://db/shop?user=app&password=${s}`, s],
	['ADO.NET', `Server=db;User Id=app;Password=${s};Encrypt=true`, s],
	['ODBC', `Driver={X};UID=app;PWD=${s};`, s],
	['Go', `&Config{User:app Password:${s} Port:5432}`, s],
	['settings of Redis', `REDISCLI_AUTH=${s} redis-cli`, s],
	['settings of Redis in YAML', `- name: REDIS_AUTH\n  value: ${s}`, s],
	['Rails', `secret_key_base: ${s}`, s],
	['signature alone', `X-Amz-Signature=${hex}`, hex],
	['signature in a path', `https://b/o/X-Amz-Signature=${hex}`, hex],
	['signature in a fragment', `https://b/o#X-Goog-Signature=${hex}`, hex],
	['signature of JSON', `{"X-Amz-Signature":"${hex}"}`, hex],
	['signature in an encoded address', `GET /r?to=https%3A%2F%2Fb%2Fo%3FX-Amz-Signature%3D${hex}%26a%3D1`, hex],
	['signature in HTML', `<a href="https://b/o?a=1&amp;sig=${hex}">`, hex],
	['encoded', `GET /login?next=%2F%3Fpassword%3D${s}%26a%3D1 200`, s],
	['encoded twice', `GET /login?next=password%253D${s} 200`, s],
	['encoded JSON', `GET /q?filter=%7B%22password%22%3A%22${s}%22%7D`, s],
	['a sentence', `the new password is ${s}.`, s],
	['a sentence with quotes', `password was set to '${s}'`, s],
	['a sentence with a colon', `your password is: ${s}`, s],
	['German', `Passwort: ${s}`, s],
	['German sentence', `Das Passwort lautet ${s}`, s],
	['Spanish', `contraseña: ${s}`, s],
	['French', `mot de passe : ${s}`, s],
	['zero-width character', `password\u200b=${s}`, s],
	['zero-width character inside', `pass\u2060wo\ufeffrd=${s.slice(0, 4)}\u200b${s.slice(4)}`, s.slice(4)],
	['zero-width character by its code', `password<200b>=${s}`, s],
	['AppRole', `secret_id=${s}`, s],
];

/** What looks like a secret and is what the reader came for. */
const readable: readonly string[] = [
	`Pulled image registry.example/shop/web@sha256:${hex}`,
	hex,
	hex.slice(0, 40),
	'trace_id=4bf92f3577b34da6a3ce929d0e0e4736 span_id=00f067aa0ba902b7',
	'00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
	'request 5f1c8a1e-7f0b-4a59-9d9d-2a1e4b6c1234 done in 12 ms',
	'pod/orders-6d9f7c9b4-x2x7k created',
	'shop/checkout-payment-processor-7c5ddbdf54-2xkzp',
	'queryid 3416356442043621232 calls 10',
	'secretKeyRef: {name: shop-db, key: url}',
	'{"secretName":"web-tls","secretRef":{"name":"shop-db"}}',
	'MountVolume.SetUp failed for volume "shop-token" : secret "shop-token-x2x7k" not found',
	'password authentication failed for user "app"',
	'FATAL:  password authentication failed for user "app" (SQLSTATE 28P01)',
	'Bearer authentication is required',
	'if (bearer === undefined) return',
	'password is incorrect',
	'the password is required, wrong or expired',
	'Your password is too short: use at least 12 characters',
	'password is at least 8 characters long',
	'password is not set for user app',
	'Passwort ist falsch',
	'password was changed to a new one',
	'mot de passe incorrect',
	"Secret 'shop-db' not found",
	"token 'abc' is invalid",
	'set token to expire in 3 days',
	'the token in (namespace shop) expired',
	'a\u200bb <200b> \u{1f468}\u200d\u{1f469}',
	'GET /docs/X-Amz-Signature 200',
	'redis_auth: true',
	'q=%22key%22%3A%22orders%22',
	"it does not know the password') and goes on",
	"invalid 'password', please try again",
	"Object.defineProperty(this, 'password', {",
	'basic authentication failed',
	'Basic Health Check passed',
	'partition_key=orders routing_key=eu primary key: id',
	'key=orders-17 value=3 cache_key=cart:17',
	'"key":"node.kubernetes.io/not-ready","operator":"Exists"',
	'tokens=512 max_tokens: 4096 tokenizer=bpe',
	'--- PASS: TestOrders (0.02s)',
	'12 passed, 1 failed, pass rate 92 %',
	'bypass=true compass: north',
	'author: jane, authority=etcd, authn ok',
	'AUTH failed: WRONGPASS invalid username-password pair or user is disabled.',
	'NOAUTH Authentication required.',
	'cookies are disabled',
	'use --password to give one',
	'password=$1 AND token = $2',
	'app --token ${API_TOKEN}',
	'password: {{ .Values.db.password }}',
	'DB_PASSWORD=\nDB_HOST=db',
	'token: null, password: <nil>',
	'private_key: /etc/tls/web.key',
	'- name: DB_HOST\n  value: db',
	'- name: DB_PASSWORD\n  valueFrom:\n    secretKeyRef: {name: shop-db, key: password}',
	'docker run -p 8080:80 web',
	'kubectl -n shop get pods -l app=web',
	'curl -u app http://web/',
	'chown -R app:app /data; ssh -p 22 db',
	'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExampleExampleExampleExampleExampleEx ops@example',
	'-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----',
	'http://[2001:db8::1]:9090/api?to=a@b.example',
	'https://alice@example.com/path',
	'git@github.com:acme/shop.git',
	'duration 0.5 sig=SIGTERM signal=15',
	'image: nginx:1.27@sha256:0a1b2c3d',
	'user alice logged on #general channel',
	'$1 $2 $3',
	'md5sum ok md5:abc',
	'commit 5e884898da28047151d0e56f8dc6292773603d0d by app',
	'2026-11-21T14:05:22.113456789Z stdout F started',
];

describe('secrets', () => {
	test('are tested in more than 65 forms', () => {
		expect(forms.length).toBeGreaterThan(65);
	});

	test.each(forms)('%s', (_name, text, secret) => {
		const masked = redact(text);
		expect(masked).not.toContain(secret);
		expect(masked).toContain('***');
		expect(redact(masked)).toBe(masked);
	});

	test.each(forms)('%s, in the middle of a line', (_name, text, secret) => {
		if (isAlone(text)) return;
		expect(redact(`2026-11-21 14:05:22 INFO web: ${text}`)).not.toContain(secret);
	});

	test.each(readable)('are not found in %s', text => {
		expect(redact(text)).toBe(text);
	});

	test('are masked without the text around them', () => {
		expect(redact(`DB_PASS=${s} DB_HOST=db`)).toBe('DB_PASS=*** DB_HOST=db');
		expect(redact(`ghp_${long.slice(0, 36)} was used`)).toBe('ghp_*** was used');
		expect(redact(`{"cookie":"a=${s}","host":"x"}`)).toBe('{"cookie":"***","host":"x"}');
		expect(redact(`curl -u 'app:${s}' https://web/`)).toBe("curl -u 'app:***' https://web/");
		expect(redact(`<password>${s}</password>`)).toBe('<password>***</password>');
		expect(redact(`user app on #${hex} ~* token=${s}`)).toBe('user app on *** ~* token=***');
		expect(redact(`password: |\n  ${s}\n  ${s}\nhost: db`)).toBe('password: |\n  ***\nhost: db');
	});
});

/** Forms that are a line by themselves. */
const isAlone = (text: string): boolean => text === key;

describe('secrets over several lines', () => {
	const shown = (text: string) => {
		const line = createLineRedactor();
		return text.split('\n').map(one => line(one));
	};

	test('a private key, complete and without its end', () => {
		const head = '-----BEGIN RSA PRIVATE KEY-----';
		const foot = '-----END RSA PRIVATE KEY-----';
		expect(shown(`start\n${head}\n${key}\nc2hvcnQ=\n${foot}\nDB_HOST=db`)).toEqual([
			'start',
			head,
			'***',
			'***',
			foot,
			'DB_HOST=db',
		]);
		expect(shown(`${head}\n${key}\n14:05 the server is up\npods`)).toEqual([
			head,
			'***',
			'14:05 the server is up',
			'pods',
		]);
		expect(shown(`${head}\nProc-Type: 4,ENCRYPTED\n\nc2hvcnQ=`).at(-1)).toBe('***');
	});

	test('the value of an environment variable', () => {
		expect(shown(`- name: DB_PASSWORD\n  value: ${s}\n- name: PORT\n  value: 80`)).toEqual([
			'- name: DB_PASSWORD',
			'  value: ***',
			'- name: PORT',
			'  value: 80',
		]);
		expect(shown(`ALTER USER b PASSWORD 'x'\n\t'${s}'\n\n'${s}' LOGIN\n'a'`)).toEqual([
			'ALTER USER b PASSWORD ***',
			'\t***',
			'',
			'*** LOGIN',
			"'a'",
		]);
		expect(shown(`"name": "DB_PASSWORD",\n"value": "${s}"`).at(-1)).toBe('"value": ***');
	});
});
