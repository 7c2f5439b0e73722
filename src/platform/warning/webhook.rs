//! One message as an HTTP POST.

use super::signature::hmac_sha256;
use crate::platform::store::Delivery;
use std::time::Duration;

const DEADLINE: Duration = Duration::from_secs(20);

#[derive(Clone)]
pub struct WebhookSettings {
    pub url: String,
    /// What both sides know.
    pub secret: Vec<u8>,
}

/// Blocks on the network.
///
/// # Errors
/// Why it was not taken: any status but 2xx, or no answer in time. The secret is in none of them.
pub fn post(settings: &WebhookSettings, delivery: &Delivery) -> Result<(), String> {
    let config = ureq::Agent::config_builder()
        .timeout_global(Some(DEADLINE))
        .http_status_as_error(false)
        // where it leads to is the operator's to say
        .max_redirects(0)
        .build();
    let signature = hmac_sha256(&settings.secret, delivery.body.as_bytes());
    let answer = ureq::Agent::new_with_config(config)
        .post(&settings.url)
        .header("content-type", "application/json")
        .header("x-mujun-delivery", &delivery.key)
        .header("x-mujun-signature", format!("sha256={signature}"))
        .send(&delivery.body)
        .map_err(|error| error.to_string())?;
    if answer.status().is_success() { Ok(()) } else { Err(format!("HTTP status {}", answer.status().as_u16())) }
}
