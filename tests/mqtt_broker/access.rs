//! Logins, certificates, and what happens with wrong ones.

use super::{
    mosquitto::Mosquitto,
    source::{CLIENT_ID, PATIENCE, Source, TOPIC, numbers, plant, publish, publish_as, python},
};
use mujun::agent::config::{Login, MqttBroker, MqttVersion, PasswordFrom, Tls};
use std::{
    fs,
    net::{TcpListener, TcpStream},
    path::Path,
    process::Command,
    time::Duration,
};
use tokio::{io::AsyncWriteExt, time::timeout};

fn run(folder: &Path, program: &str, arguments: &str) {
    let done = Command::new(program).current_dir(folder).args(arguments.split(' ')).output().unwrap();
    assert!(done.status.success(), "{program} {arguments}: {}", String::from_utf8_lossy(&done.stderr));
}

/// An authority `name.pem`, and `name-server` and `name-client` that it has signed.
fn authority(folder: &Path, name: &str, server: &str) {
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
    run(folder, "openssl", &format!("req -x509 {key} -days 2 -keyout {name}.key -out {name}.pem -subj /CN={name}"));
    for (role, extension) in
        [("server", format!("subjectAltName={server}")), ("client", "keyUsage=digitalSignature".into())]
    {
        let own = format!("{name}-{role}");
        run(folder, "openssl", &format!("req {key} -keyout {own}.key -out {own}.csr -subj /CN={role}"));
        fs::write(folder.join("extension"), extension).unwrap();
        let signed = format!("-CA {name}.pem -CAkey {name}.key -CAcreateserial -extfile extension -days 2");
        run(folder, "openssl", &format!("x509 -req -in {own}.csr {signed} -out {own}.pem"));
    }
}

/// Mosquitto with TLS and a client's certificate as the only way in, but for a second port without both.
fn mosquitto_with_tls(folder: &Path) -> (Mosquitto, u16) {
    let plain = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let path = |file: &str| folder.join(file).display().to_string();
    let settings = format!(
        "cafile {}\ncertfile {}\nkeyfile {}\nrequire_certificate true\nlistener {plain} 127.0.0.1\n",
        path("ca.pem"),
        path("ca-server.pem"),
        path("ca-server.key")
    );
    let broker = Mosquitto::start_with(settings);
    while TcpStream::connect(("127.0.0.1", plain)).is_err() {
        std::thread::sleep(Duration::from_millis(50));
    }
    (broker, plain)
}

async fn is_silent(source: &mut Source) -> bool {
    timeout(Duration::from_secs(4), source.inputs.recv()).await.is_err()
}

/// The source subscribes by itself: publishes until something comes.
async fn comes(source: &mut Source, port: u16) {
    let mut tries = 0;
    while source.inputs.is_empty() {
        publish(port, TOPIC, numbers(1..2)).await;
        tokio::time::sleep(Duration::from_millis(100)).await;
        tries += 1;
        assert!(tries < 300, "the source does not connect");
    }
    source.next().await.1.give();
}

#[tokio::test]
async fn a_client_with_its_certificate_is_let_in_and_the_server_must_have_the_right_one() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    authority(folder, "ca", "DNS:localhost,IP:127.0.0.1");
    authority(folder, "other", "DNS:localhost");
    let (broker, plain) = mosquitto_with_tls(folder);
    let tls = |ca: &str, client: Option<&str>, version| {
        let pair = |name: &str| (folder.join(format!("{name}.pem")), folder.join(format!("{name}.key")));
        let tls = Tls { ca_file: Some(folder.join(ca)), certificate: client.map(pair), server_name: None };
        MqttBroker { tls: Some(tls), version, host: "localhost".into(), ..plant(broker.port()) }
    };
    for version in [MqttVersion::V3_1_1, MqttVersion::V5] {
        let mut source = Source::of(tls("ca.pem", Some("ca-client"), version), 64);
        comes(&mut source, plain).await;
        source.stop().await;
        // a session is left: whoever gets in gets this
        publish(plain, TOPIC, numbers(2..3)).await;
        for (ca, client) in [("other.pem", Some("ca-client")), ("ca.pem", None), ("ca.pem", Some("other-client"))] {
            let mut source = Source::of(tls(ca, client, version), 64);
            assert!(is_silent(&mut source).await, "{ca} {client:?}");
            source.stop().await;
        }
    }
}

#[tokio::test]
async fn the_name_in_the_certificate_may_be_another_than_the_address_where_it_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    authority(folder, "ca", "DNS:broker.example");
    let (broker, plain) = mosquitto_with_tls(folder);
    let named = |name: Option<&str>| {
        let tls = Tls {
            ca_file: Some(folder.join("ca.pem")),
            certificate: Some((folder.join("ca-client.pem"), folder.join("ca-client.key"))),
            server_name: name.map(str::to_owned),
        };
        MqttBroker { tls: Some(tls), ..plant(broker.port()) }
    };
    let mut source = Source::of(named(Some("broker.example")), 64);
    comes(&mut source, plain).await;
    source.stop().await;
    publish(plain, TOPIC, numbers(2..3)).await;
    for name in [None, Some("other.example")] {
        let mut source = Source::of(named(name), 64);
        assert!(is_silent(&mut source).await, "{name:?}");
        source.stop().await;
    }
}

#[tokio::test]
async fn paho_over_tls_and_mqtt_5_is_heard() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    authority(folder, "ca", "DNS:localhost");
    let (broker, plain) = mosquitto_with_tls(folder);
    let mut source = Source::start(plain, MqttVersion::V5, 64);
    comes(&mut source, plain).await;
    let mut command = python("venv", "MUJUN_TEST_PYTHON", "publish.py");
    command.args([&broker.port().to_string(), TOPIC]);
    let mut publisher =
        command.args(["ca.pem", "ca-client.pem", "ca-client.key"].map(|file| folder.join(file))).spawn().unwrap();
    publisher.stdin.take().unwrap().write_all(b"{\"n\": 41}\n{\"n\": 42}\n").await.unwrap();
    assert!(timeout(PATIENCE, publisher.wait()).await.unwrap().unwrap().success());
    while source.next().await.0 != 41 {}
    assert_eq!(source.next().await.0, 42);
    source.stop().await;
}

#[tokio::test]
async fn a_password_is_needed_and_a_new_one_is_taken_without_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    run(folder, "mosquitto_passwd", "-b -c users gw geheim");
    run(folder, "mosquitto_passwd", "-b users publisher p");
    let users = folder.join("users");
    let broker = Mosquitto::start_with(format!("allow_anonymous false\npassword_file {}\n", users.display()));
    let port = broker.port();
    let secret = folder.join("secret");
    fs::write(&secret, "wrong\n").unwrap();
    for version in [MqttVersion::V3_1_1, MqttVersion::V5] {
        let password = Some(PasswordFrom::File(secret.clone()));
        let login = Some(Login { username: "gw".into(), password });
        let client_id = format!("{CLIENT_ID}-{version:?}");
        let mut source = Source::of(MqttBroker { login, version, client_id, ..plant(port) }, 64);
        publish_as(port, Some(("publisher", "p")), TOPIC, numbers(1..2)).await;
        assert!(is_silent(&mut source).await);
        fs::write(&secret, "geheim\n").unwrap();
        let mut tries = 0;
        while source.inputs.is_empty() {
            publish_as(port, Some(("publisher", "p")), TOPIC, numbers(2..3)).await;
            tokio::time::sleep(Duration::from_millis(200)).await;
            tries += 1;
            assert!(tries < 300, "the new password is not taken");
        }
        assert_eq!(source.next().await.0, 2, "what was before is not ours");
        source.stop().await;
        fs::write(&secret, "wrong\n").unwrap();
    }
}
